// From a log of purchases to named segments: who are the best customers, and who is slipping away?
//
//     c++ -std=c++17 -Iinclude examples/cpp/customer_base.cpp -Ltarget/release -lcrm -o customer_base
//     LD_LIBRARY_PATH=target/release ./customer_base TRANSACTIONS.csv OUT.csv
//
// The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
#include "crm.hpp"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <numeric>

static void print_log(const crm::history &history) {
    const crm_row_account account = history.account();
    std::printf("What was read\n");
    std::printf("  %-28s%10" PRIu64 "\n", "rows", account.read);
    const auto print = [](const std::string &label, const crm_row_total &total) {
        std::printf("  %-28s%10" PRIu64 "%16.2f\n", label.c_str(), total.rows, crm::to_double(total.amount));
    };
    print("purchases", account.purchases);
    print("returns", account.returns);
    for (int reason = 0; crm_exclusion_name(reason) != nullptr; reason++)
        print(std::string("left out: ") + crm_exclusion_name(reason),
              history.excluded(static_cast<crm_exclusion>(reason)));
}

static void print_base(const crm::base &base) {
    const auto sum = [&](crm_base_column column) {
        const std::vector<std::int64_t> values = base.whole_column(column);
        return std::accumulate(values.begin(), values.end(), std::int64_t{0});
    };
    const std::vector<std::int64_t> repeats = base.whole_column(CRM_BASE_COLUMN_REPEAT_PURCHASES);
    const auto repeat_buyers = std::count_if(repeats.begin(), repeats.end(), [](std::int64_t times) { return times > 0; });
    std::printf("\nThe customer base as of %s\n", crm::day_text(base.as_of()).c_str());
    std::printf("  %-28s%10zu\n", "customers", base.size());
    std::printf("  %-28s%10td\n", "bought on more than one day", repeat_buyers);
    std::printf("  %-28s%10" PRId64 "\n", "orders", sum(CRM_BASE_COLUMN_ORDERS));
    std::printf("  %-28s%10" PRId64 "\n", "days with a purchase", sum(CRM_BASE_COLUMN_PURCHASE_DAYS));
    std::printf("  %-28s%10.2f\n", "net amount", crm::to_double(base.total_net_amount()));
}

static void print_segments(const crm::segment_summary &summary) {
    // A segment without customers has no mean: it is NaN.
    const auto mean = [](double value, int decimals) {
        char text[32];
        std::snprintf(text, sizeof text, "%.*f", decimals, value);
        return std::isnan(value) ? std::string("-") : std::string(text);
    };
    std::printf("\nSegments\n");
    std::printf("  %-20s%10s%8s%14s%10s%16s%10s%12s\n", "segment", "customers", "share", "net amount", "of total",
                "days since last", "orders", "net amount");
    std::printf("  %-20s%10s%8s%14s%10s%16s%10s%12s\n", "", "", "", "", "", "(mean)", "(mean)", "(mean)");
    for (std::size_t index = 0; index < summary.size(); index++) {
        const crm_segment_row row = summary.row(index);
        std::printf("  %-20s%10" PRIu64 "%7.1f%%%14.2f%9.1f%%%16s%10s%12s\n", row.segment, row.customers,
                    100.0 * row.customer_share, crm::to_double(row.net_amount), 100.0 * row.amount_share,
                    mean(row.mean_days_since_last_purchase, 1).c_str(), mean(row.mean_orders, 1).c_str(),
                    mean(row.mean_net_amount, 2).c_str());
    }
}

int main(int count, char **arguments) try {
    const std::string log = count > 1 ? arguments[1] : "examples/data/cdnow/transactions.csv";
    const std::string out = count > 2 ? arguments[2] : "customer_base.csv";

    crm_columns names = crm::columns();
    names.time = "date";
    names.amount = "dollar_value";
    crm_csv_options csv = crm::csv_options();
    csv.id_kind = CRM_ID_KIND_INTEGER;
    const crm::history history = crm::history::from_csv(log, names, csv);
    const crm::base base = history.base(crm::base_options(crm::day("1998-06-30")));
    const crm::rfm_model model = crm::rfm_model::fit(base);
    const crm::rfm_scores scores = model.score(base);
    const crm::segments segments = crm::segment_map::standard().assign(scores);

    print_log(history);
    print_base(base);
    print_segments(crm::segment_summary(base, segments));
    for (const std::string &warning : model.warnings()) std::printf("\nNote: %s\n", warning.c_str());

    crm::customers_write_csv(base, scores, segments, out);
    std::printf("\nWrote %zu scored customers to %s\n", base.size(), out.c_str());
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
