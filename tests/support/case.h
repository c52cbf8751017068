/* ll_cases (tests/CMakeLists.txt) includes this file before each test file and renames its main:
 * the file stays a plain program with `int main(void)`, and becomes one case of the runner of its
 * folder. */
#ifndef LL_TESTS_SUPPORT_CASE_H
#define LL_TESTS_SUPPORT_CASE_H

#ifdef main
int main(void);
#endif

#endif
