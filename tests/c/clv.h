/* What the tests of lifetime value share. */
#ifndef CRM_TESTS_CLV_H
#define CRM_TESTS_CLV_H

#include "check.h"

/* The CDNOW sample, in weeks, to a day. */
static inline crm_base *cdnow_base(crm_history **history, const char *as_of) {
    crm_columns columns;
    crm_csv_options csv;
    crm_base_options options;
    crm_base *base = NULL;
    int32_t day;
    OK(crm_columns_init(&columns, sizeof columns));
    OK(crm_csv_options_init(&csv, sizeof csv));
    columns.time = "date";
    columns.amount = "dollar_value";
    csv.id_kind = CRM_ID_KIND_INTEGER;
    OK(crm_history_from_csv("examples/data/cdnow/transactions.csv", &columns, &csv, NULL, NULL, NULL, history));
    OK(crm_day_parse(as_of, &day));
    OK(crm_base_options_init(&options, sizeof options, day));
    options.time_unit = CRM_TIME_UNIT_WEEK;
    OK(crm_history_base(*history, &options, &base));
    return base;
}

static inline crm_prediction predict(crm_prediction_kind kind, double length, crm_time_unit unit) {
    crm_prediction out;
    OK(crm_prediction_init(&out, sizeof out, kind));
    out.horizon.length = length;
    out.horizon.unit = unit;
    return out;
}

/* The models of the papers. */
static const double BG_NBD[] = {0.243, 4.414, 0.793, 2.426};

static inline crm_purchase_model *bg_nbd(void) {
    crm_purchase_model *model = NULL;
    OK(crm_purchase_model_from_parameters(CRM_PURCHASE_KIND_BG_NBD, BG_NBD, 4, CRM_TIME_UNIT_WEEK, &model));
    return model;
}

/* Three customers: the one of the paper, one who came and went, and one who just came. */
enum { THREE = 3 };
static const double THREE_X[] = {2.0, 0.0, 0.0}, THREE_LAST[] = {30.43, 0.0, 0.0}, THREE_AGE[] = {38.86, 38.86, 0.0};
static const double THREE_SPEND[] = {22.35, 0.0, 0.0};

static inline crm_purchase_data *three(void) {
    crm_purchase_data *data = NULL;
    OK(crm_purchase_data_new(THREE_X, THREE_LAST, THREE_AGE, THREE, CRM_TIME_UNIT_WEEK, &data));
    return data;
}

static inline crm_spend_data *three_spend(void) {
    crm_spend_data *data = NULL;
    OK(crm_spend_data_new(THREE_X, THREE_SPEND, THREE, CRM_POLICY_EXCLUDE, &data));
    return data;
}

static inline crm_spend_model *gamma_gamma(void) {
    crm_spend_model *model = NULL;
    OK(crm_spend_model_from_parameters(6.25, 3.74, 15.44, &model));
    return model;
}

#define NEAR(value, expected, tolerance) CHECK(fabs((value) - (expected)) <= (tolerance))

#endif
