/*
 * From a log of purchases to named segments: who are the best customers, and who is slipping away?
 *
 *     cc -Iinclude examples/c/customer_base.c -Ltarget/release -lcrm -o customer_base
 *     LD_LIBRARY_PATH=target/release ./customer_base TRANSACTIONS.csv OUT.csv
 *
 * The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
 */
#include "crm.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Everything that the job makes. All of it may be NULL, and freeing NULL does nothing. */
struct job {
    crm_history *history;
    crm_base *base;
    crm_rfm_model *model;
    crm_rfm_scores *scores;
    crm_segment_map *map;
    crm_segments *segments;
    crm_segment_summary *summary;
};

static crm_status make(struct job *job, const char *log) {
    crm_columns columns;
    crm_csv_options csv;
    crm_base_options options;
    int32_t as_of;
    crm_status status = crm_columns_init(&columns, sizeof columns);
    if (status == CRM_STATUS_OK) status = crm_csv_options_init(&csv, sizeof csv);
    if (status == CRM_STATUS_OK) status = crm_day_parse("1998-06-30", &as_of);
    if (status == CRM_STATUS_OK) status = crm_base_options_init(&options, sizeof options, as_of);
    if (status != CRM_STATUS_OK) return status;
    columns.time = "date";
    columns.amount = "dollar_value";
    csv.id_kind = CRM_ID_KIND_INTEGER;
    status = crm_history_from_csv(log, &columns, &csv, NULL, NULL, NULL, &job->history);
    if (status == CRM_STATUS_OK) status = crm_history_base(job->history, &options, &job->base);
    if (status == CRM_STATUS_OK) status = crm_rfm_model_fit(job->base, NULL, &job->model);
    if (status == CRM_STATUS_OK) status = crm_rfm_model_score(job->model, job->base, &job->scores);
    if (status == CRM_STATUS_OK) status = crm_segment_map_standard(&job->map);
    if (status == CRM_STATUS_OK) status = crm_segment_map_assign(job->map, job->scores, &job->segments);
    if (status == CRM_STATUS_OK) status = crm_segment_summary_new(job->base, job->segments, &job->summary);
    return status;
}

static crm_status print_log(const crm_history *history) {
    crm_row_account account = {.struct_size = sizeof account};
    crm_status status = crm_history_account(history, &account);
    if (status != CRM_STATUS_OK) return status;
    printf("What was read\n");
    printf("  %-28s%10" PRIu64 "\n", "rows", account.read);
    printf("  %-28s%10" PRIu64 "%16.2f\n", "purchases", account.purchases.rows,
           crm_money_to_double(account.purchases.amount));
    printf("  %-28s%10" PRIu64 "%16.2f\n", "returns", account.returns.rows,
           crm_money_to_double(account.returns.amount));
    for (int32_t reason = 0; crm_exclusion_name(reason) != NULL; reason++) {
        char label[64];
        crm_row_total total;
        status = crm_history_excluded(history, reason, &total);
        if (status != CRM_STATUS_OK) return status;
        snprintf(label, sizeof label, "left out: %s", crm_exclusion_name(reason));
        printf("  %-28s%10" PRIu64 "%16.2f\n", label, total.rows, crm_money_to_double(total.amount));
    }
    return CRM_STATUS_OK;
}

static crm_status print_base(const crm_base *base) {
    size_t customers = crm_base_length(base), repeat_buyers = 0;
    int64_t orders = 0, days = 0;
    int32_t as_of;
    char day[CRM_DAY_TEXT_SIZE];
    crm_money net_amount;
    int64_t *column = malloc(customers * sizeof *column);
    if (column == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    crm_status status = crm_base_as_of(base, &as_of);
    if (status == CRM_STATUS_OK) status = crm_day_format(as_of, day, sizeof day);
    if (status == CRM_STATUS_OK) status = crm_base_total_net_amount(base, &net_amount);
    if (status == CRM_STATUS_OK)
        status = crm_base_column_int64(base, CRM_BASE_COLUMN_REPEAT_PURCHASES, column, customers);
    for (size_t row = 0; status == CRM_STATUS_OK && row < customers; row++) repeat_buyers += column[row] > 0;
    if (status == CRM_STATUS_OK) status = crm_base_column_int64(base, CRM_BASE_COLUMN_ORDERS, column, customers);
    for (size_t row = 0; status == CRM_STATUS_OK && row < customers; row++) orders += column[row];
    if (status == CRM_STATUS_OK) status = crm_base_column_int64(base, CRM_BASE_COLUMN_PURCHASE_DAYS, column, customers);
    for (size_t row = 0; status == CRM_STATUS_OK && row < customers; row++) days += column[row];
    free(column);
    if (status != CRM_STATUS_OK) return status;
    printf("\nThe customer base as of %s\n", day);
    printf("  %-28s%10zu\n", "customers", customers);
    printf("  %-28s%10zu\n", "bought on more than one day", repeat_buyers);
    printf("  %-28s%10" PRId64 "\n", "orders", orders);
    printf("  %-28s%10" PRId64 "\n", "days with a purchase", days);
    printf("  %-28s%10.2f\n", "net amount", crm_money_to_double(net_amount));
    return CRM_STATUS_OK;
}

/* A segment without customers has no mean: it is NaN. */
static const char *mean(double value, int decimals, char text[32]) {
    if (isnan(value))
        snprintf(text, 32, "-");
    else
        snprintf(text, 32, "%.*f", decimals, value);
    return text;
}

static crm_status print_segments(const crm_segment_summary *summary) {
    printf("\nSegments\n");
    printf("  %-20s%10s%8s%14s%10s%16s%10s%12s\n", "segment", "customers", "share", "net amount", "of total",
           "days since last", "orders", "net amount");
    printf("  %-20s%10s%8s%14s%10s%16s%10s%12s\n", "", "", "", "", "", "(mean)", "(mean)", "(mean)");
    for (size_t index = 0; index < crm_segment_summary_length(summary); index++) {
        char days[32], orders[32], amount[32];
        crm_segment_row row = {.struct_size = sizeof row};
        crm_status status = crm_segment_summary_row(summary, index, &row);
        if (status != CRM_STATUS_OK) return status;
        printf("  %-20s%10" PRIu64 "%7.1f%%%14.2f%9.1f%%%16s%10s%12s\n", row.segment, row.customers,
               100.0 * row.customer_share, crm_money_to_double(row.net_amount), 100.0 * row.amount_share,
               mean(row.mean_days_since_last_purchase, 1, days), mean(row.mean_orders, 1, orders),
               mean(row.mean_net_amount, 2, amount));
    }
    return CRM_STATUS_OK;
}

int main(int count, char **arguments) {
    const char *log = count > 1 ? arguments[1] : "examples/data/cdnow/transactions.csv";
    const char *out = count > 2 ? arguments[2] : "customer_base.csv";
    struct job job = {0};

    crm_status status = make(&job, log);
    if (status == CRM_STATUS_OK) status = print_log(job.history);
    if (status == CRM_STATUS_OK) status = print_base(job.base);
    if (status == CRM_STATUS_OK) status = print_segments(job.summary);
    for (size_t index = 0; status == CRM_STATUS_OK && index < crm_rfm_model_warning_count(job.model); index++)
        printf("\nNote: %s\n", crm_rfm_model_warning(job.model, index));
    if (status == CRM_STATUS_OK) status = crm_customers_write_csv(job.base, job.scores, job.segments, out);
    if (status == CRM_STATUS_OK) printf("\nWrote %zu scored customers to %s\n", crm_base_length(job.base), out);
    if (status != CRM_STATUS_OK) fprintf(stderr, "error %d: %s\n", (int)status, crm_last_error_message());

    crm_segment_summary_free(job.summary);
    crm_segments_free(job.segments);
    crm_segment_map_free(job.map);
    crm_rfm_scores_free(job.scores);
    crm_rfm_model_free(job.model);
    crm_base_free(job.base);
    crm_history_free(job.history);
    return status == CRM_STATUS_OK ? 0 : 1;
}
