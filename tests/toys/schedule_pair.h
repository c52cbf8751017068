#ifndef LL_TESTS_TOYS_SCHEDULE_PAIR_H
#define LL_TESTS_TOYS_SCHEDULE_PAIR_H

#include "sim/schedule/schedule.h"

extern const ll_schedule_type ll_schedule_pair;

#endif
