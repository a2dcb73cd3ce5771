// The C++ wrapper: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                            \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

template <class Call> static crm::error fails(crm_status status, const std::string &argument, Call call) {
    try {
        call();
    } catch (const crm::error &error) {
        if (error.status() != status || error.argument() != argument || std::string(error.what()).empty()) {
            std::fprintf(stderr, "status %d on %s: %s\n", static_cast<int>(error.status()), error.argument().c_str(),
                         error.what());
            std::exit(1);
        }
        return error;
    }
    std::fprintf(stderr, "no error on %s\n", argument.c_str());
    std::exit(1);
}

static crm::transactions log() {
    crm::transactions rows;
    rows.ids = {7, 3, 5, 3, 7, 3, 3, 9};
    rows.days = {19700, 19690, 19650, 19695, 19700, 19700, 19701, 19699};
    rows.amounts = {10.0, 20.25, 5.0, 30.5, 2.5, 1.0, -0.25, -3.0};
    return rows;
}

static void histories() {
    const crm::history whole(log());
    CHECK(whole.customers() == 4 && whole.orders() == 6 && whole.purchase_days() == 5);
    CHECK(whole.first_day() == 19650 && whole.last_day() == 19701);
    CHECK(crm::to_string(whole.account().net_amount) == "66.00" && whole.account().read == 8);
    CHECK(whole.excluded(CRM_EXCLUSION_RETURN).rows == 0);
    CHECK(crm::history::from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes());
    CHECK(whole.merge(crm::history()).to_bytes() == whole.to_bytes());
    fails(CRM_STATUS_CORRUPT, "bytes", [] { crm::history::from_bytes({1, 2, 3}); });
    fails(CRM_STATUS_EMPTY, "history", [] { crm::history().first_day(); });

    crm::history_builder builder;
    builder.push(log());
    CHECK(builder.rows() == 8);
    crm::transactions bad = log();
    bad.amounts[2] = std::nan("");
    CHECK(fails(CRM_STATUS_INVALID_VALUE, "amount", [&] { builder.push(bad); }).row() == 10);
    CHECK(builder.finish().to_bytes() == whole.to_bytes());
    fails(CRM_STATUS_INVALID_ARGUMENT, "builder", [&] { builder.finish(); });

    crm::transactions ragged = log();
    ragged.amounts.pop_back();
    bool refused = false;
    try {
        crm::history rows(ragged);
    } catch (const std::invalid_argument &error) {
        refused = std::string(error.what()).find("amount has 7 rows") != std::string::npos;
    }
    CHECK(refused);

    crm_ingest_options options = crm::ingest_options();
    options.returns = CRM_POLICY_EXCLUDE;
    CHECK(crm::history(log(), options).excluded(CRM_EXCLUSION_RETURN).rows == 2);
    options.time_zone = "Mars/Olympus";
    fails(CRM_STATUS_INVALID_ARGUMENT, "time_zone", [&] { crm::history rows(log(), options); });
}

static void text_ids() {
    crm::transactions rows;
    rows.text_ids = {"李雷", "Ann", "", "Ann"};
    rows.days = {10, 11, 12, 13};
    rows.amounts = {1.0, 2.0, 3.0, 4.0};
    rows.text_order_ids = {"a", "b", "c", "b"};
    const crm::history history(rows);
    CHECK(history.excluded(CRM_EXCLUSION_MISSING_ID).rows == 1);
    const crm::base base = history.base(crm::base_options(13));
    CHECK(base.has_text_ids() && base.size() == 2 && base.text_ids()[1] == "李雷");
    CHECK(base.whole_column(CRM_BASE_COLUMN_ORDERS)[0] == 1);
    fails(CRM_STATUS_WRONG_TYPE, "customer_id", [&] { base.ids(); });
}

static void bases() {
    const crm::history history(log());
    crm::base base = history.base(crm::base_options(19710));
    CHECK(base.ids() == (std::vector<std::int64_t>{3, 5, 7}) && !base.has_text_ids());
    CHECK(base.column(CRM_BASE_COLUMN_NET_AMOUNT) == (std::vector<double>{51.5, 5.0, 12.5}));
    CHECK(base.whole_column(CRM_BASE_COLUMN_NET_AMOUNT)[0] == 51500000);
    CHECK(base.as_of() == 19710 && base.data_start() == 19650);
    CHECK(crm::to_double(base.total_net_amount()) == 69.0 && base.account().customers_without_purchase == 1);
    fails(CRM_STATUS_WRONG_TYPE, "column", [&] { base.whole_column(CRM_BASE_COLUMN_AGE); });
    fails(CRM_STATUS_EMPTY, "as_of", [&] { history.base(crm::base_options(0)); });
    fails(CRM_STATUS_OUT_OF_RANGE, "day", [] { crm::day_text(INT32_MAX); });
    CHECK(crm::day_text(crm::day("2024-02-29")) == "2024-02-29");

    const crm::split split = history.split(crm::base_options(19695), 19701);
    CHECK(split.size() == 2 && split.base().size() == 2 && split.holdout_length() == 6.0);
    CHECK(split.column(CRM_HOLDOUT_COLUMN_NET_AMOUNT)[0] == 0.75);
    CHECK(split.whole_column(CRM_HOLDOUT_COLUMN_ORDERS)[0] == 1);

    // A copy shares the handle, a stream is independent of it.
    crm::base copy = base;
    ArrowArrayStream stream = base.to_arrow_stream();
    base = history.base(crm::base_options(19700));
    CHECK(copy.as_of() == 19710 && base.as_of() == 19700);
    crm_columns names = crm::columns();
    names.time = "last_purchase";
    names.amount = "net_amount";
    std::uint64_t seen = 0;
    const crm::history again = crm::history::from_arrow_stream(&stream, names, crm::ingest_options(),
                                                               [&](std::uint64_t rows, std::uint64_t) {
                                                                   seen = rows;
                                                                   return true;
                                                               });
    CHECK(again.customers() == 3 && seen == 3 && stream.release == nullptr);
    stream = copy.to_arrow_stream();
    fails(CRM_STATUS_INTERRUPTED, "", [&] {
        crm::history::from_arrow_stream(&stream, names, crm::ingest_options(),
                                        [](std::uint64_t, std::uint64_t) { return false; });
    });
    // What a callback throws arrives, though C lies between.
    stream = copy.to_arrow_stream();
    bool thrown = false;
    try {
        crm::history::from_arrow_stream(&stream, names, crm::ingest_options(),
                                        [](std::uint64_t, std::uint64_t) -> bool { throw std::logic_error("mine"); });
    } catch (const std::logic_error &error) {
        thrown = std::string(error.what()) == "mine";
    }
    CHECK(thrown && stream.release == nullptr);
    fails(CRM_STATUS_IO, "path", [] { crm::history::from_csv("no such file"); });
    fails(CRM_STATUS_IO, "path", [] { crm::history::from_parquet("no such file"); });
}

static void scores_and_segments() {
    const crm::history history(log());
    const crm::base base = history.base(crm::base_options(19710));
    const crm::rfm_model model = crm::rfm_model::fit(base);
    const crm::rfm_scores scores = model.score(base);
    CHECK(model.bins() == 5 && model.customers() == 3 && scores.size() == 3 && scores.bins() == 5);
    CHECK(model.period() == std::make_pair(std::int32_t{19650}, std::int32_t{19710}));
    CHECK(model.cuts(CRM_RFM_DIMENSION_RECENCY).size() == 4 && !model.warnings().empty());
    CHECK(scores.column(CRM_RFM_DIMENSION_MONETARY) == (std::vector<std::uint8_t>{5, 1, 3}));
    CHECK(scores.composite().size() == 3);
    CHECK(crm::rfm_model::from_json(model.to_json()).to_json() == model.to_json());
    fails(CRM_STATUS_CORRUPT, "json", [] { crm::rfm_model::from_json("[]"); });
    crm_rfm_options options = crm::rfm_options();
    options.bins = 99;
    fails(CRM_STATUS_INVALID_ARGUMENT, "bins", [&] { crm::rfm_model::fit(base, options); });

    const crm::segment_map standard = crm::segment_map::standard();
    const crm::segments segments = standard.assign(scores);
    CHECK(standard.names() == segments.names() && segments.size() == 3 && standard.bins() == 5);
    CHECK(segments.names()[segments.codes()[0]] == "Champions" || segments.names()[segments.codes()[0]] == "Loyal");
    const std::vector<crm::segment_rule> rules = {{"gone", 1, 2, 1, 5}, {"big", 3, 5, 1, 5, 5, 5}};
    fails(CRM_STATUS_INVALID_ARGUMENT, "rules", [&] { crm::segment_map map(5, rules); });
    const crm::segment_map own = crm::segment_map::first_match(5, rules, "rest");
    CHECK(own.names() == (std::vector<std::string>{"gone", "big", "rest"}));
    CHECK(own.assign(scores).codes() == (std::vector<std::uint8_t>{1, 0, 2}));
    CHECK(crm::segment_map(2, {{"all", 1, 2, 1, 2}}).names().size() == 1);

    const crm::segment_summary summary(base, segments);
    std::uint64_t customers = 0;
    for (std::size_t index = 0; index < summary.size(); index++) customers += summary.row(index).customers;
    CHECK(customers == 3);
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { summary.row(99); });
    ArrowArrayStream stream = summary.to_arrow_stream();
    stream.release(&stream);
    stream = crm::customers_to_arrow_stream(base, scores, segments);
    stream.release(&stream);
    stream = history.account_to_arrow_stream();
    stream.release(&stream);
    fails(CRM_STATUS_IO, "path", [&] { crm::customers_write_csv(base, scores, segments, "no/such/folder.csv"); });
    fails(CRM_STATUS_IO, "path", [&] { crm::customers_write_parquet(base, scores, segments, "no/such/folder"); });

    const crm::base earlier = history.base(crm::base_options(19700));
    const crm::segments before = standard.assign(model.score(earlier));
    const crm::migration moves(earlier, before, base, segments);
    CHECK(moves.counts().size() == 121 && moves.rows() == 11 && moves.columns() == 11);
    CHECK(moves.row_name(0) == "Champions" && moves.column_name(0) == "Champions");
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { moves.row_name(10); });
    stream = moves.to_arrow_stream();
    stream.release(&stream);

    // Many threads ask the same objects at once.
    std::vector<std::thread> threads;
    for (int index = 0; index < 4; index++)
        threads.emplace_back([&] {
            CHECK(model.score(base).column(CRM_RFM_DIMENSION_MONETARY)[0] == 5);
            fails(CRM_STATUS_EMPTY, "as_of", [&] { history.base(crm::base_options(0)); });
        });
    for (std::thread &thread : threads) thread.join();
}

int main() {
    histories();
    text_ids();
    bases();
    scores_and_segments();
    return 0;
}
