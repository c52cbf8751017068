#include "sim/command/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const ll_command *const ll_commands[] = {
#define ENTRY(name) &ll_command_##name,
    LL_COMMANDS(ENTRY)
#undef ENTRY
        NULL};

ll_status ll_command_write(const ll_text *text, ll_error *err)
{
    errno = 0;
    if (ll_text_print(text->s, stdout)) return LL_OK;
    return ll_error_set(err, LL_ERR_RUN, "standard output: %s", strerror(errno));
}

ll_status ll_command_print(ll_comm *comm, const ll_text *text, ll_error *err)
{
    ll_status status = LL_OK;
    if (ll_comm_rank(comm) == 0) status = ll_command_write(text, err);
    return ll_comm_agree(comm, status, err);
}
