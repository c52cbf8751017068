#include "sim/engine/flow/solver_options.h"

#include "sim/base/text.h"

#include <petscsys.h>
#include <string.h>

/* main says so by itself, that no file is listened to. */
static const char ours[] = "-skip_petscrc";

const char *ll_solver_options(ll_arena *mem)
{
    PetscBool is_up = PETSC_FALSE;
    char *all = NULL;
    if (PetscInitialized(&is_up) || !is_up || PetscOptionsGetAll(NULL, &all)) return "";
    ll_text out;
    ll_text_init(&out, mem);
    for (const char *word = all; *word;) {
        const size_t n = strcspn(word, " ");
        if (n > 0 && (n != strlen(ours) || memcmp(word, ours, n) != 0))
            ll_text_add(&out, "%s%.*s", out.n ? " " : "", (int)n, word);
        word += n + (word[n] == ' ');
    }
    (void)PetscFree(all);
    return out.s;
}
