#ifndef LL_TESTS_TOYS_SCHEDULE_GPIPE_H
#define LL_TESTS_TOYS_SCHEDULE_GPIPE_H

#include "sim/schedule/schedule.h"

extern const ll_schedule_type ll_schedule_gpipe;

#endif
