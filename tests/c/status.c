/* Versions, days, money, and what a thread's last error says. */
#include "check.h"

#include <pthread.h>

static void *other_thread(void *unused) {
    CHECK(crm_last_error_message()[0] == '\0');
    CHECK(crm_day_from_ymd(2024, 13, 1, unused) == CRM_STATUS_NULL_POINTER);
    return NULL;
}

static void errors_belong_to_their_thread(void) {
    int32_t day = 5;
    FAILS(crm_day_from_ymd(2023, 2, 29, &day), CRM_STATUS_OUT_OF_RANGE, "day");
    char before[200];
    snprintf(before, sizeof before, "%s", crm_last_error_message());
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(strcmp(before, crm_last_error_message()) == 0);
    /* Cleaning up does not hide what went wrong. */
    crm_history_free(NULL);
    CHECK(strcmp(before, crm_last_error_message()) == 0);
    CHECK(day == 5);
}

static void days(void) {
    int32_t day = 0;
    char text[CRM_DAY_TEXT_SIZE];
    OK(crm_day_parse("1970-01-01", &day));
    CHECK(day == 0);
    OK(crm_day_from_ymd(2024, 2, 29, &day));
    CHECK(day == 19782);
    OK(crm_day_format(day, text, sizeof text));
    CHECK(strcmp(text, "2024-02-29") == 0);
    OK(crm_day_format(-719162, text, sizeof text));
    CHECK(strcmp(text, "0001-01-01") == 0);
    FAILS(crm_day_parse("29.02.2024", &day), CRM_STATUS_PARSE, "iso_text");
    FAILS(crm_day_parse("2023-02-29", &day), CRM_STATUS_OUT_OF_RANGE, "iso_text");
    FAILS(crm_day_parse("\xff\xfe", &day), CRM_STATUS_NOT_UTF8, "iso_text");
    FAILS(crm_day_parse(NULL, &day), CRM_STATUS_NULL_POINTER, "iso_text");
    FAILS(crm_day_parse("1970-01-01", NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_day_format(2932897, text, sizeof text), CRM_STATUS_OUT_OF_RANGE, "day");
    FAILS(crm_day_format(0, text, sizeof text - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_day_format(0, NULL, sizeof text), CRM_STATUS_NULL_POINTER, "out");
    CHECK(day == 19782);
}

static void money(void) {
    char text[CRM_MONEY_TEXT_SIZE];
    crm_money amount = {12500000, 0};
    OK(crm_money_format(amount, text, sizeof text));
    CHECK(strcmp(text, "12.50") == 0 && crm_money_to_double(amount) == 12.5);
    crm_money minus = {UINT64_MAX, -1};
    OK(crm_money_format(minus, text, sizeof text));
    CHECK(strcmp(text, "-0.000001") == 0 && crm_money_to_double(minus) == -0.000001);
    crm_money least = {0, INT64_MIN};
    OK(crm_money_format(least, text, sizeof text));
    CHECK(strcmp(text, "-170141183460469231731687303715884.105728") == 0);
    FAILS(crm_money_format(amount, text, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_money_format(amount, NULL, sizeof text), CRM_STATUS_NULL_POINTER, "out");
}

int main(void) {
    CHECK(crm_abi_version() == CRM_ABI_VERSION);
    CHECK(strchr(crm_version(), '.') != NULL);
    CHECK(crm_last_error_message()[0] == '\0' && crm_last_error_argument()[0] == '\0');
    CHECK(crm_last_error_row() == -1 && crm_last_error_line() == -1);
    CHECK(strcmp(crm_exclusion_name(CRM_EXCLUSION_DUPLICATE), "duplicate") == 0);
    CHECK(crm_exclusion_name(8) == NULL && crm_exclusion_name(-1) == NULL);
    errors_belong_to_their_thread();
    days();
    money();
    return 0;
}
