/* Reading the shared cases of tests/cases/experiment. */
#ifndef CRM_TESTS_EXPERIMENT_H
#define CRM_TESTS_EXPERIMENT_H

#include "check.h"
#include "json.h"

static inline const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    if (found == NULL) fprintf(stderr, "no %s\n", key);
    CHECK(found != NULL);
    return found;
}

/* A number, or the text of one: with more digits than a double has, or one that JSON has not. */
static inline double number(const json *value) {
    if (value->kind == JSON_NUMBER) return value->number;
    CHECK(value->kind == JSON_TEXT);
    return strtod(value->text, NULL);
}

static inline double number_of(const json *object, const char *key) { return number(member(object, key)); }

/* NULL for a member that is not there, or null. */
static inline const json *maybe(const json *object, const char *key) {
    const json *found = json_get(object, key);
    return found == NULL || found->kind == JSON_NULL ? NULL : found;
}

static inline double number_or(const json *object, const char *key, double otherwise) {
    const json *found = maybe(object, key);
    return found == NULL ? otherwise : number(found);
}

/* The caller frees them. */
static inline double *numbers(const json *column) {
    double *out = json_grow(NULL, (column->count + 1) * sizeof *out);
    for (size_t row = 0; row < column->count; row++) out[row] = number(&column->items[row]);
    return out;
}

/* The code of a name: its place. */
static inline int32_t code(const char *const *names, size_t count, const char *name) {
    for (size_t index = 0; index < count; index++)
        if (strcmp(names[index], name) == 0) return (int32_t)index;
    fprintf(stderr, "no %s\n", name);
    CHECK(0);
    return -1;
}
#define CODE(names, name) code(names, COUNT(names), name)

static inline int is_near(double got, double expected, double tolerance, double scale) {
    return got == expected || fabs(got - expected) <= tolerance * fmax(scale, fabs(expected));
}

/* Within a relative tolerance, and for a value close to 0 within that of `scale`. */
static inline void near(double got, double expected, double tolerance, double scale) {
    if (!is_near(got, expected, tolerance, scale)) fprintf(stderr, "%.17g is not %.17g\n", got, expected);
    CHECK(is_near(got, expected, tolerance, scale));
}

static const char *const CONTRASTS[] = {"difference", "lift", "ratio", "odds_ratio"};
static const char *const ALTERNATIVES[] = {"two_sided", "greater", "less"};
static const char *const PROPORTION_METHODS[] = {
    "score",          "pooled",   "likelihood", "continuity_corrected", "unpooled",
    "logarithm",      "agresti_caffo", "newcombe",   "fisher",               "fisher_central",
    "fisher_mid_p",   "barnard",  "boschloo"};

static inline crm_test_options default_options(void) {
    crm_test_options options;
    OK(crm_test_options_init(&options, sizeof options));
    return options;
}

#endif
