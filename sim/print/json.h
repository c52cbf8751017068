/* Writes JSON (RFC 8259), indented, in the order of the calls.
 *
 *   ll_json j;
 *   ll_json_init(&j, &text);
 *   ll_json_open(&j, NULL, '{');
 *   ll_json_number(&j, "step_s", 1.25);
 *   ll_json_close(&j);
 *
 * `key` is NULL inside lists and at the top. Numbers are written with 17 significant digits, so
 * that the same double is read back; numbers that are not finite become null. Bytes that are not
 * UTF-8 become U+FFFD. */
#ifndef LL_PRINT_JSON_H
#define LL_PRINT_JSON_H

#include "sim/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { LL_JSON_DEPTH = 16 };

typedef struct ll_json {
    ll_text *out;
    int depth;
    char close[LL_JSON_DEPTH]; /* '}' or ']' of each open level */
    bool empty[LL_JSON_DEPTH];
} ll_json;

void ll_json_init(ll_json *j, ll_text *out);
void ll_json_open(ll_json *j, const char *key, char bracket);    /* '{' or '[' */
void ll_json_close(ll_json *j);                                  /* the last that was opened */
void ll_json_string(ll_json *j, const char *key, const char *s); /* NULL becomes null */
void ll_json_number(ll_json *j, const char *key, double x);
void ll_json_integer(ll_json *j, const char *key, int64_t x);
void ll_json_bool(ll_json *j, const char *key, bool b);
void ll_json_raw(ll_json *j, const char *key, const char *s); /* s is already JSON */

#endif
