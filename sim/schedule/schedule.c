#include "sim/schedule/schedule.h"

#include <stddef.h>

#define SCHEDULE_ADDRESS(name, symbol) &ll_schedule_##symbol,
const ll_schedule_type *const ll_schedule_types[] = {LL_SCHEDULES(SCHEDULE_ADDRESS) NULL};
#undef SCHEDULE_ADDRESS

#define SCHEDULE_NAME(name, symbol) #name,
const char *const ll_schedule_names[] = {LL_SCHEDULES(SCHEDULE_NAME) NULL};
#undef SCHEDULE_NAME
