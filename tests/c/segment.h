/* What the tests of segments share: tables and options. */
#ifndef CRM_TESTS_SEGMENT_H
#define CRM_TESTS_SEGMENT_H

#include "check.h"

#define NEAR(value, expected, tolerance) CHECK(fabs((value) - (expected)) <= (tolerance))

static inline int is(const char *text, const char *expected) { return text != NULL && strcmp(text, expected) == 0; }

static inline crm_base_options as_of(int32_t day) {
    crm_base_options options;
    OK(crm_base_options_init(&options, sizeof options, day));
    return options;
}

static inline crm_feature_table *with_column(crm_feature_table *table, const char *name, const char *unit,
                                      const double *values, size_t length) {
    crm_feature_table *more = NULL;
    OK(crm_feature_table_with_column(table, name, unit, values, length, &more));
    crm_feature_table_free(table);
    return more;
}

static inline crm_feature_table *table_of(const char *name, const char *unit, const double *values, size_t length) {
    crm_feature_table *table = NULL;
    OK(crm_feature_table_new(length, &table));
    return with_column(table, name, unit, values, length);
}

static const double VISITS[] = {1.0, 2.0, 1.0, 30.0, 28.0, 33.0};

static inline crm_segment_model_options options_for(size_t clusters) {
    crm_segment_model_options options;
    OK(crm_segment_model_options_init(&options, sizeof options, clusters));
    return options;
}

#endif
