/* CSV and Parquet files in and out. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <unistd.h>

static char FOLDER[] = "/tmp/crm-test-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    return path;
}

static const char *written(const char *name, const char *text, size_t length) {
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(text, 1, length, file) == length && fclose(file) == 0);
    return path;
}

static size_t contents(const char *path, char *text, size_t room) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t length = fread(text, 1, room - 1, file);
    text[length] = '\0';
    fclose(file);
    return length;
}

static crm_status status_of(const char *text, const crm_columns *columns, const crm_csv_options *csv) {
    crm_history *history = (crm_history *)&history;
    crm_status status =
        crm_history_from_csv(written("log.csv", text, strlen(text)), columns, csv, NULL, NULL, NULL, &history);
    CHECK((status == CRM_STATUS_OK) == (history != NULL));
    if (status == CRM_STATUS_OK) crm_history_free(history);
    CHECK(unlink(in_folder("log.csv")) == 0);
    return status;
}

static int stop(uint64_t rows, uint64_t total, void *user) {
    (void)total;
    *(uint64_t *)user = rows;
    return -1;
}

static void csv_in(void) {
    crm_csv_options csv;
    crm_columns columns;
    OK(crm_csv_options_init(&csv, sizeof csv));
    OK(crm_columns_init(&columns, sizeof columns));
    CHECK(csv.delimiter == ',' && csv.id_kind == CRM_ID_KIND_TEXT);
    const char *log = "käufer;wann;betrag\n007;1970-01-11;1.5\n\"李; 雷\";1970-01-12;2\n";
    csv.delimiter = ';';
    columns.customer_id = "käufer";
    columns.time = "wann";
    columns.amount = "betrag";
    crm_history *history = NULL;
    OK(crm_history_from_csv(written("log.csv", log, strlen(log)), &columns, &csv, NULL, NULL, NULL, &history));
    crm_base *base = base_of(history, 11);
    const char *text;
    size_t length;
    OK(crm_base_id_text(base, 0, &text, &length));
    CHECK(length == 3 && memcmp(text, "007", 3) == 0);
    OK(crm_base_id_text(base, 1, &text, &length));
    CHECK(length == strlen("李; 雷") && memcmp(text, "李; 雷", length) == 0);
    crm_base_free(base);
    crm_history_free(history);
    uint64_t rows = 0;
    FAILS(crm_history_from_csv(in_folder("log.csv"), &columns, &csv, NULL, stop, &rows, &history),
          CRM_STATUS_INTERRUPTED, "");
    CHECK(rows == 2 && history == NULL);
    CHECK(unlink(in_folder("log.csv")) == 0);

    /* What is wrong is said with its line. */
    CHECK(status_of("customer_id,time,amount\na,1970-01-11,1\nb,1970-01-12,x\n", NULL, NULL) == CRM_STATUS_PARSE);
    CHECK(crm_last_error_line() == 3 && strcmp(crm_last_error_argument(), "amount") == 0);
    CHECK(status_of("customer_id,time,amount\na,1970-01-11\n", NULL, NULL) == CRM_STATUS_PARSE);
    CHECK(crm_last_error_line() == 2);
    CHECK(status_of("customer_id,time,amount\na,1970-01-11,1\nb,1970-02-30,1\n", NULL, NULL) != CRM_STATUS_OK);
    CHECK(crm_last_error_line() == 3 && strcmp(crm_last_error_argument(), "time") == 0);
    CHECK(status_of("customer_id,time,amount\nM\xfcller,1970-01-11,1\n", NULL, NULL) == CRM_STATUS_NOT_UTF8);
    CHECK(crm_last_error_line() == 2);
    CHECK(status_of("customer_id,time,amount\na,1970-01-11,1e30\n", NULL, NULL) == CRM_STATUS_OUT_OF_RANGE);
    CHECK(crm_last_error_line() == 2);
    FAILS(status_of("customer_id,time,betrag\na,1970-01-11,1\n", NULL, NULL), CRM_STATUS_MISSING_COLUMN, "amount");
    OK(crm_csv_options_init(&csv, sizeof csv));
    csv.id_kind = CRM_ID_KIND_INTEGER;
    CHECK(status_of("customer_id,time,amount\na,1970-01-11,1\n", NULL, &csv) == CRM_STATUS_PARSE);
    csv.id_kind = 2;
    FAILS(status_of("customer_id,time,amount\n", NULL, &csv), CRM_STATUS_INVALID_ARGUMENT, "id_kind");
    OK(crm_csv_options_init(&csv, sizeof csv));
    const int32_t bad[] = {-1, 128, 300, 0x20ac};
    for (size_t index = 0; index < COUNT(bad); index++) {
        csv.delimiter = bad[index];
        FAILS(status_of("customer_id,time,amount\n", NULL, &csv), CRM_STATUS_INVALID_ARGUMENT, "delimiter");
    }
    CHECK(status_of("customer_id,time,amount\n", NULL, NULL) == CRM_STATUS_OK);
    CHECK(status_of("", NULL, NULL) != CRM_STATUS_OK);
    FAILS(crm_history_from_csv(in_folder("none.csv"), NULL, NULL, NULL, NULL, NULL, &history), CRM_STATUS_IO, "path");
    FAILS(crm_history_from_csv("\xff", NULL, NULL, NULL, NULL, NULL, &history), CRM_STATUS_NOT_UTF8, "path");
    CHECK(history == NULL);
}

/* The scored customers of the log as files, and back. */
static void customers_out(void) {
    crm_history *history = log_history(), *back = NULL;
    crm_base *base = base_of(history, 19710);
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *segments = NULL;
    OK(crm_rfm_model_fit(base, NULL, &model));
    OK(crm_rfm_model_score(model, base, &scores));
    OK(crm_segment_map_standard(&map));
    OK(crm_segment_map_assign(map, scores, &segments));
    static char text[1 << 16];
    char path[256];
    OK(crm_customers_write_csv(base, scores, segments, in_folder("customers.csv")));
    contents(in_folder("customers.csv"), text, sizeof text);
    CHECK(strncmp(text, "customer_id,first_purchase,last_purchase,orders,", 48) == 0);
    CHECK(strstr(text, "\n3,2023-11-29,2023-12-09,3,3,51.75,-0.25,51.5,10,2,10,20,15.75,") != NULL);
    FAILS(crm_customers_write_csv(base, scores, segments, in_folder("none/customers.csv")), CRM_STATUS_IO, "path");
    FAILS(crm_customers_write_parquet(base, scores, segments, in_folder("none/x.parquet")), CRM_STATUS_IO, "path");

    snprintf(path, sizeof path, "%s", in_folder("customers.parquet"));
    OK(crm_customers_write_parquet(base, scores, segments, path));
    crm_columns columns;
    OK(crm_columns_init(&columns, sizeof columns));
    columns.time = "last_purchase";
    columns.amount = "net_amount";
    OK(crm_history_from_parquet(path, &columns, NULL, NULL, NULL, &back));
    CHECK(crm_history_customers(back) == 3 && crm_history_orders(back) == 3);
    crm_history_free(back);
    uint64_t rows = 0;
    FAILS(crm_history_from_parquet(path, &columns, NULL, stop, &rows, &back), CRM_STATUS_INTERRUPTED, "");
    CHECK(rows == 3 && back == NULL);
    FAILS(crm_history_from_parquet(path, NULL, NULL, NULL, NULL, &back), CRM_STATUS_MISSING_COLUMN, "time");
    columns.amount = "segment";
    FAILS(crm_history_from_parquet(path, &columns, NULL, NULL, NULL, &back), CRM_STATUS_WRONG_TYPE, "amount");
    columns.amount = "net_amount";
    size_t length = contents(path, text, sizeof text);
    CHECK(length > 100 && length < sizeof text - 1);
    for (size_t cut = 0; cut < length; cut += 37) {
        FAILS(crm_history_from_parquet(written("cut.parquet", text, cut), &columns, NULL, NULL, NULL, &back),
              CRM_STATUS_CORRUPT, "path");
        CHECK(back == NULL);
    }
    CHECK(unlink(in_folder("cut.parquet")) == 0);
    FAILS(crm_history_from_parquet(in_folder("none.parquet"), &columns, NULL, NULL, NULL, &back), CRM_STATUS_IO,
          "path");
    CHECK(unlink(path) == 0 && unlink(in_folder("customers.csv")) == 0);

    /* Scores and segments of others do not fit. */
    crm_base *other = base_of(history, 19690);
    FAILS(crm_customers_write_csv(other, scores, segments, in_folder("x.csv")), CRM_STATUS_LENGTH_MISMATCH, "scores");
    struct ArrowArrayStream stream;
    FAILS(crm_customers_to_arrow_stream(other, scores, segments, &stream), CRM_STATUS_LENGTH_MISMATCH, "scores");
    CHECK(stream.release == NULL);
    crm_base_free(other);
    crm_segments_free(segments);
    crm_segment_map_free(map);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);
    crm_base_free(base);
    crm_history_free(history);
}

int main(void) {
    CHECK(mkdtemp(FOLDER) != NULL);
    csv_in();
    customers_out();
    CHECK(rmdir(FOLDER) == 0);
    return 0;
}
