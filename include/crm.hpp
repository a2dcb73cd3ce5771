// crm: customer analytics as an embeddable engine, for C++17. A thin layer over crm.h: handles that free themselves,
// errors as exceptions, vectors in and out. What a function does, and how it fails, is said at the function of crm.h.
//
// Objects can be moved, and copies share the handle; they are immutable, so that threads may share them, but for
// crm::history_builder, crm::mini_batch_k_means, crm::sequential_test, crm::dimension_table and what a campaign is put together
// from: crm::target_table, crm::selection, crm::campaign_split and crm::campaign_outcomes.
#ifndef CRM_HPP
#define CRM_HPP

#include "crm.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crm {

// What went wrong, as crm_last_error_message() and its neighbours say it.
class error : public std::runtime_error {
public:
    explicit error(crm_status status)
        : std::runtime_error(crm_last_error_message()), status_(status), argument_(crm_last_error_argument()),
          row_(crm_last_error_row()), line_(crm_last_error_line()) {}

    crm_status status() const noexcept { return status_; }
    // The argument, option or column; empty if none.
    const std::string &argument() const noexcept { return argument_; }
    // The row, counted from 0 over all batches; none if -1.
    std::int64_t row() const noexcept { return row_; }
    // The line of the file, counted from 1; none if -1.
    std::int64_t line() const noexcept { return line_; }

private:
    crm_status status_;
    std::string argument_;
    std::int64_t row_, line_;
};

namespace detail {

inline void check(crm_status status) {
    if (status != CRM_STATUS_OK) throw error(status);
}

// A handle of C that frees itself. Copies share it.
template <class T, void (*Free)(T *)> class handle {
public:
    // Takes over a handle that C gave.
    explicit handle(T *owned) : shared_(owned, Free) {}
    // The handle, for functions of crm.h; it stays with this object.
    T *get() const noexcept { return shared_.get(); }

protected:
    template <class Make> static T *made(Make make) {
        T *out = nullptr;
        check(make(&out));
        return out;
    }

private:
    std::shared_ptr<T> shared_;
};

inline std::string text_of(crm_bytes *owned) {
    std::unique_ptr<crm_bytes, void (*)(crm_bytes *)> bytes(owned, crm_bytes_free);
    return std::string(crm_bytes_text(bytes.get()), crm_bytes_length(bytes.get()));
}

// A name that C gives by its index; an index beyond the names throws.
inline std::string name(const char *found) {
    if (found == nullptr) throw error(CRM_STATUS_OUT_OF_RANGE);
    return found;
}

inline const char *c_str(const std::optional<std::string> &text) { return text ? text->c_str() : nullptr; }

} // namespace detail

// Days, as their number from 1970-01-01.
inline std::int32_t day(const std::string &iso_text) {
    std::int32_t number = 0;
    detail::check(crm_day_parse(iso_text.c_str(), &number));
    return number;
}

inline std::string day_text(std::int32_t number) {
    char text[CRM_DAY_TEXT_SIZE];
    detail::check(crm_day_format(number, text, sizeof text));
    return text;
}

inline double to_double(crm_money amount) { return crm_money_to_double(amount); }

// An exact amount, with two to six decimals.
inline std::string to_string(crm_money amount) {
    char text[CRM_MONEY_TEXT_SIZE];
    detail::check(crm_money_format(amount, text, sizeof text));
    return text;
}

// Structs of options with their defaults, to be changed where they differ. Texts that are put into them must outlive the
// calls they are used in.
inline crm_ingest_options ingest_options() {
    crm_ingest_options options{};
    detail::check(crm_ingest_options_init(&options, sizeof options));
    return options;
}

inline crm_columns columns() {
    crm_columns names{};
    detail::check(crm_columns_init(&names, sizeof names));
    return names;
}

inline crm_csv_options csv_options() {
    crm_csv_options options{};
    detail::check(crm_csv_options_init(&options, sizeof options));
    return options;
}

inline crm_base_options base_options(std::int32_t as_of) {
    crm_base_options options{};
    detail::check(crm_base_options_init(&options, sizeof options, as_of));
    return options;
}

inline crm_rfm_options rfm_options() {
    crm_rfm_options options{};
    detail::check(crm_rfm_options_init(&options, sizeof options));
    return options;
}

// A batch of transactions that owns its columns. Ids are integers or text; an empty text is a missing id, and a log may
// do without amounts and orders.
struct transactions {
    std::vector<std::int64_t> ids;
    std::vector<std::string> text_ids;
    std::vector<std::int32_t> days;
    std::vector<double> amounts;
    std::vector<std::int64_t> order_ids;
    std::vector<std::string> text_order_ids;
};

namespace detail {

// The batch as C sees it, for as long as both objects live.
class batch {
public:
    explicit batch(const transactions &from) : texts_(pointers(from.text_ids)), orders_(pointers(from.text_order_ids)) {
        view_.struct_size = sizeof view_;
        view_.length = from.days.size();
        view_.customer_id_int64 = column("customer_id", from.ids);
        view_.customer_id_text = column("customer_id", texts_);
        view_.time_days = from.days.data();
        view_.amount_double = column("amount", from.amounts);
        view_.order_id_int64 = column("order_id", from.order_ids);
        view_.order_id_text = column("order_id", orders_);
    }
    const crm_transactions *get() const noexcept { return &view_; }

private:
    static std::vector<const char *> pointers(const std::vector<std::string> &texts) {
        std::vector<const char *> found;
        for (const std::string &text : texts) found.push_back(text.c_str());
        return found;
    }

    template <class T> const T *column(const char *name, const std::vector<T> &values) const {
        if (values.empty()) return nullptr;
        // C takes lengths on trust, so they are checked here.
        if (values.size() != view_.length)
            throw std::invalid_argument(std::string(name) + " has " + std::to_string(values.size()) + " rows, but time has " +
                                        std::to_string(view_.length));
        return values.data();
    }

    std::vector<const char *> texts_, orders_;
    crm_transactions view_{};
};

} // namespace detail

// Called between batches with the rows read so far and the rows in all (0 if not known); false stops the reading.
using progress = std::function<bool(std::uint64_t rows, std::uint64_t total)>;

namespace detail {

// Calls a function object from C, and keeps what it throws until C has returned.
class listener {
public:
    explicit listener(const progress &report) : report_(report) {}

    crm_progress function() const noexcept { return report_ ? call : nullptr; }

    void check(crm_status status) const {
        if (thrown_) std::rethrow_exception(thrown_);
        detail::check(status);
    }

private:
    static int call(std::uint64_t rows, std::uint64_t total, void *user) {
        listener &self = *static_cast<listener *>(user);
        try {
            return self.report_(rows, total) ? 0 : 1;
        } catch (...) {
            self.thrown_ = std::current_exception();
            return 1;
        }
    }

    const progress &report_;
    std::exception_ptr thrown_;
};

} // namespace detail

class base;
class split;

class history : public detail::handle<crm_history, crm_history_free> {
public:
    using handle::handle;

    // A history without rows.
    history() : handle(made([](crm_history **out) { return crm_history_empty(out); })) {}

    explicit history(const transactions &rows, const crm_ingest_options &options = ingest_options())
        : history(made([&](crm_history **out) {
              return crm_history_from_arrays(detail::batch(rows).get(), &options, out);
          })) {}

    static history from_csv(const std::string &path, const crm_columns &names = columns(),
                            const crm_csv_options &csv = csv_options(),
                            const crm_ingest_options &options = ingest_options(), const progress &report = {}) {
        detail::listener told(report);
        crm_history *out = nullptr;
        told.check(crm_history_from_csv(path.c_str(), &names, &csv, &options, told.function(), &told, &out));
        return history(out);
    }

    static history from_parquet(const std::string &path, const crm_columns &names = columns(),
                                const crm_ingest_options &options = ingest_options(), const progress &report = {}) {
        detail::listener told(report);
        crm_history *out = nullptr;
        told.check(crm_history_from_parquet(path.c_str(), &names, &options, told.function(), &told, &out));
        return history(out);
    }

    // The stream is released, whether the call succeeds or throws.
    static history from_arrow_stream(ArrowArrayStream *stream, const crm_columns &names = columns(),
                                     const crm_ingest_options &options = ingest_options(),
                                     const progress &report = {}) {
        detail::listener told(report);
        crm_history *out = nullptr;
        told.check(crm_history_from_arrow_stream(stream, &names, &options, told.function(), &told, &out));
        return history(out);
    }

    static history from_bytes(const std::vector<std::uint8_t> &bytes) {
        return history(
            made([&](crm_history **out) { return crm_history_from_bytes(bytes.data(), bytes.size(), out); }));
    }

    std::vector<std::uint8_t> to_bytes() const {
        crm_bytes *out = nullptr;
        detail::check(crm_history_to_bytes(get(), &out));
        std::unique_ptr<crm_bytes, void (*)(crm_bytes *)> bytes(out, crm_bytes_free);
        return {crm_bytes_data(out), crm_bytes_data(out) + crm_bytes_length(out)};
    }

    history merge(const history &other) const {
        return history(made([&](crm_history **out) { return crm_history_merge(get(), other.get(), out); }));
    }

    std::size_t customers() const { return crm_history_customers(get()); }
    std::size_t purchase_days() const { return crm_history_purchase_days(get()); }
    std::uint64_t orders() const { return crm_history_orders(get()); }

    std::int32_t first_day() const {
        std::int32_t number = 0;
        detail::check(crm_history_first_day(get(), &number));
        return number;
    }

    std::int32_t last_day() const {
        std::int32_t number = 0;
        detail::check(crm_history_last_day(get(), &number));
        return number;
    }

    crm_row_account account() const {
        crm_row_account out{};
        out.struct_size = sizeof out;
        detail::check(crm_history_account(get(), &out));
        return out;
    }

    crm_row_total excluded(crm_exclusion reason) const {
        crm_row_total out{};
        detail::check(crm_history_excluded(get(), reason, &out));
        return out;
    }

    ArrowArrayStream account_to_arrow_stream() const {
        ArrowArrayStream out{};
        detail::check(crm_history_account_to_arrow_stream(get(), &out));
        return out;
    }

    inline crm::base base(const crm_base_options &options) const;
    inline crm::split split(const crm_base_options &calibration, std::int32_t holdout_end) const;
};

// Builds a history from batches. One thread at a time may use it.
class history_builder : public detail::handle<crm_history_builder, crm_history_builder_free> {
public:
    explicit history_builder(const crm_ingest_options &options = ingest_options())
        : handle(made([&](crm_history_builder **out) { return crm_history_builder_new(&options, out); })) {}

    void push(const transactions &rows) { push(*detail::batch(rows).get()); }
    // Arrays of the caller, which must be as long as the batch says.
    void push(const crm_transactions &rows) { detail::check(crm_history_builder_push(get(), &rows)); }

    std::uint64_t rows() const { return crm_history_builder_rows(get()); }

    // Empties the builder.
    history finish() {
        crm_history *out = nullptr;
        detail::check(crm_history_builder_finish(get(), &out));
        return history(out);
    }
};

class base : public detail::handle<crm_base, crm_base_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_base_length(get()); }

    std::int32_t as_of() const {
        std::int32_t number = 0;
        detail::check(crm_base_as_of(get(), &number));
        return number;
    }

    std::int32_t data_start() const {
        std::int32_t number = 0;
        detail::check(crm_base_data_start(get(), &number));
        return number;
    }

    bool has_text_ids() const {
        std::int32_t kind = 0;
        detail::check(crm_base_id_kind(get(), &kind));
        return kind == CRM_ID_KIND_TEXT;
    }

    // Throws if ids are text.
    std::vector<std::int64_t> ids() const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_base_ids_int64(get(), out.data(), out.size()));
        return out;
    }

    // Throws if ids are integers. The views live as long as the base.
    std::vector<std::string_view> text_ids() const {
        std::vector<std::string_view> out;
        out.reserve(size());
        for (std::size_t index = 0; index < size(); index++) {
            const char *text = nullptr;
            std::size_t length = 0;
            detail::check(crm_base_id_text(get(), index, &text, &length));
            out.emplace_back(text, length);
        }
        return out;
    }

    std::vector<double> column(crm_base_column column) const {
        std::vector<double> out(size());
        detail::check(crm_base_column_double(get(), column, out.data(), out.size()));
        return out;
    }

    // Whole numbers; amounts in micro-units.
    std::vector<std::int64_t> whole_column(crm_base_column column) const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_base_column_int64(get(), column, out.data(), out.size()));
        return out;
    }

    crm_money total_net_amount() const {
        crm_money out{};
        detail::check(crm_base_total_net_amount(get(), &out));
        return out;
    }

    crm_base_left_out account() const {
        crm_base_left_out out{};
        out.struct_size = sizeof out;
        detail::check(crm_base_account(get(), &out));
        return out;
    }

    ArrowArrayStream to_arrow_stream() const {
        ArrowArrayStream out{};
        detail::check(crm_base_to_arrow_stream(get(), &out));
        return out;
    }
};

class split : public detail::handle<crm_split, crm_split_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_split_length(get()); }

    crm::base base() const {
        return crm::base(made_base([&](crm_base **out) { return crm_split_base(get(), out); }));
    }

    double holdout_length() const {
        double length = 0.0;
        detail::check(crm_split_holdout_length(get(), &length));
        return length;
    }

    std::vector<double> column(crm_holdout_column column) const {
        std::vector<double> out(size());
        detail::check(crm_split_column_double(get(), column, out.data(), out.size()));
        return out;
    }

    // Whole numbers; amounts in micro-units.
    std::vector<std::int64_t> whole_column(crm_holdout_column column) const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_split_column_int64(get(), column, out.data(), out.size()));
        return out;
    }

private:
    template <class Make> static crm_base *made_base(Make make) {
        crm_base *out = nullptr;
        detail::check(make(&out));
        return out;
    }
};

inline crm::base history::base(const crm_base_options &options) const {
    crm_base *out = nullptr;
    detail::check(crm_history_base(get(), &options, &out));
    return crm::base(out);
}

inline crm::split history::split(const crm_base_options &calibration, std::int32_t holdout_end) const {
    crm_split *out = nullptr;
    detail::check(crm_history_split(get(), &calibration, holdout_end, &out));
    return crm::split(out);
}

class rfm_scores : public detail::handle<crm_rfm_scores, crm_rfm_scores_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_rfm_scores_length(get()); }
    int bins() const { return crm_rfm_scores_bins(get()); }

    std::vector<std::uint8_t> column(crm_rfm_dimension dimension) const {
        std::vector<std::uint8_t> out(size());
        detail::check(crm_rfm_scores_column(get(), dimension, out.data(), out.size()));
        return out;
    }

    std::vector<double> composite() const {
        std::vector<double> out(size());
        detail::check(crm_rfm_scores_composite(get(), out.data(), out.size()));
        return out;
    }
};

class rfm_model : public detail::handle<crm_rfm_model, crm_rfm_model_free> {
public:
    using handle::handle;

    static rfm_model fit(const base &customers, const crm_rfm_options &options = rfm_options()) {
        return rfm_model(
            made([&](crm_rfm_model **out) { return crm_rfm_model_fit(customers.get(), &options, out); }));
    }

    static rfm_model from_json(const std::string &json) {
        return rfm_model(made([&](crm_rfm_model **out) { return crm_rfm_model_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_rfm_model_to_json(get(), &out));
        return detail::text_of(out);
    }

    rfm_scores score(const base &customers) const {
        crm_rfm_scores *out = nullptr;
        detail::check(crm_rfm_model_score(get(), customers.get(), &out));
        return rfm_scores(out);
    }

    int bins() const { return crm_rfm_model_bins(get()); }
    std::uint64_t customers() const { return crm_rfm_model_customers(get()); }

    // The first and the last day of the data that the model was fitted on.
    std::pair<std::int32_t, std::int32_t> period() const {
        std::pair<std::int32_t, std::int32_t> out;
        detail::check(crm_rfm_model_period(get(), &out.first, &out.second));
        return out;
    }

    std::vector<double> cuts(crm_rfm_dimension dimension) const {
        std::vector<double> out(static_cast<std::size_t>(bins()) - 1);
        detail::check(crm_rfm_model_cuts(get(), dimension, out.data(), out.size()));
        return out;
    }

    std::vector<std::string> warnings() const {
        std::vector<std::string> out;
        for (std::size_t index = 0; index < crm_rfm_model_warning_count(get()); index++)
            out.push_back(detail::name(crm_rfm_model_warning(get(), index)));
        return out;
    }
};

class segments : public detail::handle<crm_segments, crm_segments_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_segments_length(get()); }

    // The position of each customer's segment among the names.
    std::vector<std::uint8_t> codes() const {
        std::vector<std::uint8_t> out(size());
        detail::check(crm_segments_codes(get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (std::size_t code = 0; code < crm_segments_name_count(get()); code++)
            out.push_back(detail::name(crm_segments_name(get(), code)));
        return out;
    }
};

// A block of cells with a name: ranges of scores, both ends included; 0 to 0 is any monetary score.
struct segment_rule {
    std::string segment;
    int recency_low, recency_high;
    int frequency_low, frequency_high;
    int monetary_low = 0, monetary_high = 0;
};

class segment_map : public detail::handle<crm_segment_map, crm_segment_map_free> {
public:
    using handle::handle;

    static segment_map standard() {
        return segment_map(made([](crm_segment_map **out) { return crm_segment_map_standard(out); }));
    }

    segment_map(int highest_score, const std::vector<segment_rule> &rules)
        : segment_map(made([&](crm_segment_map **out) {
              const std::vector<crm_segment_rule> views = views_of(rules);
              return crm_segment_map_new(highest_score, views.data(), views.size(), out);
          })) {}

    static segment_map first_match(int highest_score, const std::vector<segment_rule> &rules,
                                   const std::optional<std::string> &otherwise = std::nullopt) {
        return segment_map(made([&](crm_segment_map **out) {
            const std::vector<crm_segment_rule> views = views_of(rules);
            return crm_segment_map_first_match(highest_score, views.data(), views.size(), detail::c_str(otherwise),
                                               out);
        }));
    }

    int bins() const { return crm_segment_map_bins(get()); }

    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (std::size_t index = 0; index < crm_segment_map_name_count(get()); index++)
            out.push_back(detail::name(crm_segment_map_name(get(), index)));
        return out;
    }

    segments assign(const rfm_scores &scores) const {
        crm_segments *out = nullptr;
        detail::check(crm_segment_map_assign(get(), scores.get(), &out));
        return segments(out);
    }

private:
    static std::vector<crm_segment_rule> views_of(const std::vector<segment_rule> &rules) {
        std::vector<crm_segment_rule> views;
        for (const segment_rule &rule : rules)
            views.push_back({rule.segment.c_str(), rule.recency_low, rule.recency_high, rule.frequency_low,
                             rule.frequency_high, rule.monetary_low, rule.monetary_high});
        return views;
    }
};

class segment_summary : public detail::handle<crm_segment_summary, crm_segment_summary_free> {
public:
    segment_summary(const base &customers, const segments &assigned)
        : handle(made([&](crm_segment_summary **out) {
              return crm_segment_summary_new(customers.get(), assigned.get(), out);
          })) {}

    std::size_t size() const { return crm_segment_summary_length(get()); }

    // The name in the row lives as long as the summary.
    crm_segment_row row(std::size_t index) const {
        crm_segment_row out{};
        out.struct_size = sizeof out;
        detail::check(crm_segment_summary_row(get(), index, &out));
        return out;
    }

    ArrowArrayStream to_arrow_stream() const {
        ArrowArrayStream out{};
        detail::check(crm_segment_summary_to_arrow_stream(get(), &out));
        return out;
    }
};

class migration : public detail::handle<crm_migration, crm_migration_free> {
public:
    migration(const base &earlier, const segments &earlier_segments, const base &later, const segments &later_segments)
        : handle(made([&](crm_migration **out) {
              return crm_migration_new(earlier.get(), earlier_segments.get(), later.get(), later_segments.get(), out);
          })) {}

    std::size_t rows() const { return crm_migration_row_count(get()); }
    std::size_t columns() const { return crm_migration_column_count(get()); }
    // The segment of a row or column; the last of each has none, and throws.
    std::string row_name(std::size_t row) const { return detail::name(crm_migration_row_name(get(), row)); }
    std::string column_name(std::size_t column) const {
        return detail::name(crm_migration_column_name(get(), column));
    }

    // Row by row.
    std::vector<std::uint64_t> counts() const {
        std::vector<std::uint64_t> out(rows() * columns());
        detail::check(crm_migration_counts(get(), out.data(), out.size()));
        return out;
    }

    ArrowArrayStream to_arrow_stream() const {
        ArrowArrayStream out{};
        detail::check(crm_migration_to_arrow_stream(get(), &out));
        return out;
    }
};

// The base with scores and segments: as a stream, which the caller releases, and as files.
inline ArrowArrayStream customers_to_arrow_stream(const base &customers, const rfm_scores &scores,
                                                  const segments &assigned) {
    ArrowArrayStream out{};
    detail::check(crm_customers_to_arrow_stream(customers.get(), scores.get(), assigned.get(), &out));
    return out;
}

inline void customers_write_csv(const base &customers, const rfm_scores &scores, const segments &assigned,
                                const std::string &path) {
    detail::check(crm_customers_write_csv(customers.get(), scores.get(), assigned.get(), path.c_str()));
}

inline void customers_write_parquet(const base &customers, const rfm_scores &scores, const segments &assigned,
                                    const std::string &path) {
    detail::check(crm_customers_write_parquet(customers.get(), scores.get(), assigned.get(), path.c_str()));
}

// Lengths of time and rates with their units.
inline crm_period period(double length, crm_time_unit unit) { return {length, static_cast<std::int32_t>(unit)}; }

inline crm_horizon within(double length, crm_time_unit unit) {
    return {length, static_cast<std::int32_t>(unit), CRM_HORIZON_KIND_WITHIN};
}

inline crm_horizon forever() { return {0.0, CRM_TIME_UNIT_DAY, CRM_HORIZON_KIND_FOREVER}; }

// An effective rate a year: money due a year later counts 1 / (1 + rate).
inline crm_discount_rate annual(double rate) { return {rate, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE}; }

inline crm_discount_rate effective_per(double rate, crm_time_unit unit) {
    return {rate, static_cast<std::int32_t>(unit), CRM_COMPOUNDING_EFFECTIVE};
}

inline crm_discount_rate continuous_per(double rate, crm_time_unit unit) {
    return {rate, static_cast<std::int32_t>(unit), CRM_COMPOUNDING_CONTINUOUS};
}

// What to predict of each customer.
namespace predict {

inline crm_prediction of(crm_prediction_kind kind) {
    crm_prediction out{};
    detail::check(crm_prediction_init(&out, sizeof out, kind));
    return out;
}

inline crm_prediction of(crm_prediction_kind kind, crm_horizon horizon) {
    crm_prediction out = of(kind);
    out.horizon = horizon;
    return out;
}

inline crm_prediction alive() { return of(CRM_PREDICTION_KIND_ALIVE); }
inline crm_prediction alive_after(crm_horizon horizon) { return of(CRM_PREDICTION_KIND_ALIVE_AFTER, horizon); }
inline crm_prediction purchases(crm_horizon horizon) { return of(CRM_PREDICTION_KIND_PURCHASES, horizon); }

inline crm_prediction discounted_purchases(crm_horizon horizon, crm_discount_rate rate) {
    crm_prediction out = of(CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES, horizon);
    out.discount_rate = rate;
    return out;
}

inline crm_prediction purchase_probability(std::uint32_t purchases, crm_horizon horizon) {
    crm_prediction out = of(CRM_PREDICTION_KIND_PURCHASE_PROBABILITY, horizon);
    out.purchases = purchases;
    return out;
}

inline crm_prediction buys_within(crm_horizon horizon) { return of(CRM_PREDICTION_KIND_BUYS_WITHIN, horizon); }

inline crm_prediction time_to_next(double quantile = 0.5) {
    crm_prediction out = of(CRM_PREDICTION_KIND_TIME_TO_NEXT);
    out.quantile = quantile;
    return out;
}

inline crm_prediction mean_time_to_next() { return of(CRM_PREDICTION_KIND_MEAN_TIME_TO_NEXT); }

} // namespace predict

// How a purchase model is fitted; it owns its texts.
struct fit_options {
    double l2 = 0.0;
    std::uint32_t most_evaluations = 1000;
    std::vector<std::string> purchase_covariates, dropout_covariates;
    std::size_t threads = 0;
};

namespace detail {

// The options as C sees them, for as long as both objects live.
class fit_view {
public:
    explicit fit_view(const fit_options &from)
        : purchase_(pointers(from.purchase_covariates)), dropout_(pointers(from.dropout_covariates)) {
        check(crm_fit_options_init(&view_, sizeof view_));
        view_.l2 = from.l2;
        view_.most_evaluations = from.most_evaluations;
        view_.purchase_covariates = purchase_.data();
        view_.purchase_covariate_count = purchase_.size();
        view_.dropout_covariates = dropout_.data();
        view_.dropout_covariate_count = dropout_.size();
        view_.threads = from.threads;
    }
    const crm_fit_options *get() const noexcept { return &view_; }

private:
    static std::vector<const char *> pointers(const std::vector<std::string> &texts) {
        std::vector<const char *> found;
        for (const std::string &text : texts) found.push_back(text.c_str());
        return found;
    }

    std::vector<const char *> purchase_, dropout_;
    crm_fit_options view_{};
};

// C takes lengths on trust, so they are checked here.
inline void same_length(const char *name, std::size_t length, std::size_t expected) {
    if (length != expected)
        throw std::invalid_argument(std::string(name) + " has " + std::to_string(length) + " rows, not " +
                                    std::to_string(expected));
}

template <class T, class Make> T *made(Make make) {
    T *out = nullptr;
    check(make(&out));
    return out;
}

} // namespace detail

// Estimates or predictions with their uncertainty.
struct intervals {
    std::vector<double> estimate, standard_error, lower, upper;

    // Takes over intervals that C gave.
    explicit intervals(crm_intervals *owned) {
        std::unique_ptr<crm_intervals, void (*)(crm_intervals *)> from(owned, crm_intervals_free);
        const auto column = [&](crm_interval_column which, std::vector<double> &out) {
            out.resize(crm_intervals_length(owned));
            detail::check(crm_intervals_column(owned, which, out.data(), out.size()));
        };
        column(CRM_INTERVAL_COLUMN_ESTIMATE, estimate);
        column(CRM_INTERVAL_COLUMN_STANDARD_ERROR, standard_error);
        column(CRM_INTERVAL_COLUMN_LOWER, lower);
        column(CRM_INTERVAL_COLUMN_UPPER, upper);
    }
};

// Numbers of purchases that single customers stay within.
struct predictive_intervals {
    std::vector<std::uint32_t> lower, upper;
};

class fit_report : public detail::handle<crm_fit_report, crm_fit_report_free> {
public:
    using handle::handle;

    crm_fit_summary summary() const {
        crm_fit_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_fit_report_summary(get(), &out));
        return out;
    }

    std::size_t size() const { return crm_fit_report_length(get()); }

    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (std::size_t index = 0; index < size(); index++) out.push_back(detail::name(crm_fit_report_name(get(), index)));
        return out;
    }

    std::vector<double> estimates() const {
        std::vector<double> out(size());
        detail::check(crm_fit_report_estimates(get(), out.data(), out.size()));
        return out;
    }

    // NaN where they are not defined.
    std::vector<double> standard_errors() const {
        std::vector<double> out(size());
        detail::check(crm_fit_report_standard_errors(get(), out.data(), out.size()));
        return out;
    }

    // Row by row; NaN where it is not defined.
    std::vector<double> covariance() const {
        std::vector<double> out(size() * size());
        detail::check(crm_fit_report_covariance(get(), out.data(), out.size()));
        return out;
    }

    // Lower and upper ends; NaN where they are not defined.
    std::pair<std::vector<double>, std::vector<double>> confidence_intervals(double confidence_level) const {
        std::pair<std::vector<double>, std::vector<double>> out{size(), size()};
        detail::check(crm_fit_report_confidence_intervals(get(), confidence_level, out.first.data(), out.second.data(),
                                                          out.first.size()));
        return out;
    }

    // What makes the fit less telling: stable names with texts.
    std::vector<std::pair<std::string, std::string>> warnings() const {
        std::vector<std::pair<std::string, std::string>> out;
        for (std::size_t index = 0; index < crm_fit_report_warning_count(get()); index++)
            out.emplace_back(detail::name(crm_fit_report_warning_name(get(), index)),
                             detail::name(crm_fit_report_warning(get(), index)));
        return out;
    }
};

class purchase_data : public detail::handle<crm_purchase_data, crm_purchase_data_free> {
public:
    using handle::handle;

    explicit purchase_data(const base &customers)
        : handle(made([&](crm_purchase_data **out) { return crm_purchase_data_from_base(customers.get(), out); })) {}

    purchase_data(const std::vector<double> &repeat_purchases, const std::vector<double> &last_purchase_age,
                  const std::vector<double> &age, crm_time_unit unit)
        : handle(made([&](crm_purchase_data **out) {
              detail::same_length("last_purchase_age", last_purchase_age.size(), repeat_purchases.size());
              detail::same_length("age", age.size(), repeat_purchases.size());
              return crm_purchase_data_new(repeat_purchases.data(), last_purchase_age.data(), age.data(), age.size(),
                                           unit, out);
          })) {}

    // For BG/BB: the opportunities to buy, of the length of a unit, that are over by the end of a day.
    static purchase_data from_opportunities(const history &log, std::int32_t as_of, crm_time_unit unit) {
        std::unique_ptr<crm_opportunities, void (*)(crm_opportunities *)> found(
            detail::made<crm_opportunities>(
                [&](crm_opportunities **out) { return crm_history_opportunities(log.get(), as_of, unit, out); }),
            crm_opportunities_free);
        return purchase_data(made(
            [&](crm_purchase_data **out) { return crm_purchase_data_from_opportunities(found.get(), out); }));
    }

    static purchase_data newcomers(std::size_t customers, crm_time_unit unit) {
        return purchase_data(
            made([&](crm_purchase_data **out) { return crm_purchase_data_newcomers(customers, unit, out); }));
    }

    purchase_data with_weights(const std::vector<double> &weights) const {
        return purchase_data(made([&](crm_purchase_data **out) {
            return crm_purchase_data_with_weights(get(), weights.data(), weights.size(), out);
        }));
    }

    purchase_data with_covariate(const std::string &name, const std::vector<double> &values) const {
        return purchase_data(made([&](crm_purchase_data **out) {
            return crm_purchase_data_with_covariate(get(), name.c_str(), values.data(), values.size(), out);
        }));
    }

    std::size_t size() const { return crm_purchase_data_length(get()); }

    crm_time_unit time_unit() const {
        std::int32_t code = 0;
        detail::check(crm_purchase_data_time_unit(get(), &code));
        return static_cast<crm_time_unit>(code);
    }

    // The first and the last day; throws unless the data come from a base.
    std::pair<std::int32_t, std::int32_t> window() const {
        std::pair<std::int32_t, std::int32_t> out;
        detail::check(crm_purchase_data_window(get(), &out.first, &out.second));
        return out;
    }

    std::vector<double> column(crm_purchase_column column) const {
        std::vector<double> out(size());
        detail::check(crm_purchase_data_column(get(), column, out.data(), out.size()));
        return out;
    }

    std::vector<double> covariate(const std::string &name) const {
        std::vector<double> out(size());
        detail::check(crm_purchase_data_covariate(get(), name.c_str(), out.data(), out.size()));
        return out;
    }
};

// Refits of a purchase model to samples of its customers.
class bootstrap : public detail::handle<crm_bootstrap, crm_bootstrap_free> {
public:
    using handle::handle;

    // Refits that converged.
    std::size_t size() const { return crm_bootstrap_length(get()); }

    std::uint32_t failed() const {
        std::uint32_t out = 0;
        detail::check(crm_bootstrap_failed(get(), &out));
        return out;
    }

    intervals estimate_intervals(double confidence_level) const {
        return intervals(detail::made<crm_intervals>(
            [&](crm_intervals **out) { return crm_bootstrap_estimate_intervals(get(), confidence_level, out); }));
    }

    // The estimates of a refit.
    std::vector<double> replicate(std::size_t index) const {
        std::vector<double> out(estimate_intervals(0.5).estimate.size());
        detail::check(crm_bootstrap_replicate(get(), index, out.data(), out.size()));
        return out;
    }

    intervals confidence_intervals(const purchase_data &data, const crm_prediction &prediction,
                                   double confidence_level) const {
        return intervals(detail::made<crm_intervals>([&](crm_intervals **out) {
            return crm_bootstrap_confidence_intervals(get(), data.get(), &prediction, confidence_level, out);
        }));
    }
};

// Customers drawn from a purchase model.
class simulation : public detail::handle<crm_simulation, crm_simulation_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_simulation_length(get()); }

    // The ages at which a customer buys again.
    std::vector<double> purchases(std::size_t customer) const {
        std::size_t count = 0;
        detail::check(crm_simulation_purchase_count(get(), customer, &count));
        std::vector<double> out(count);
        detail::check(crm_simulation_purchases(get(), customer, out.data(), out.size()));
        return out;
    }

    std::vector<double> left() const {
        std::vector<double> out(size());
        detail::check(crm_simulation_left(get(), out.data(), out.size()));
        return out;
    }

    std::vector<double> holdout_purchases() const {
        std::vector<double> out(size());
        detail::check(crm_simulation_holdout_purchases(get(), out.data(), out.size()));
        return out;
    }

    purchase_data data() const {
        return purchase_data(detail::made<crm_purchase_data>(
            [&](crm_purchase_data **out) { return crm_simulation_data(get(), out); }));
    }
};

class purchase_model : public detail::handle<crm_purchase_model, crm_purchase_model_free> {
public:
    using handle::handle;

    purchase_model(crm_purchase_kind kind, const std::vector<double> &parameters, crm_time_unit unit)
        : handle(made([&](crm_purchase_model **out) {
              return crm_purchase_model_from_parameters(kind, parameters.data(), parameters.size(), unit, out);
          })) {}

    static purchase_model fit(crm_purchase_kind kind, const purchase_data &data, const fit_options &options = {}) {
        return purchase_model(made([&](crm_purchase_model **out) {
            return crm_purchase_model_fit(kind, data.get(), detail::fit_view(options).get(), out);
        }));
    }

    static purchase_model from_json(const std::string &json) {
        return purchase_model(
            made([&](crm_purchase_model **out) { return crm_purchase_model_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_purchase_model_to_json(get(), &out));
        return detail::text_of(out);
    }

    crm_purchase_kind kind() const {
        std::int32_t code = 0;
        detail::check(crm_purchase_model_kind(get(), &code));
        return static_cast<crm_purchase_kind>(code);
    }

    crm_time_unit time_unit() const {
        std::int32_t code = 0;
        detail::check(crm_purchase_model_time_unit(get(), &code));
        return static_cast<crm_time_unit>(code);
    }

    // The first and the last day; throws unless the model was fitted on data from a base.
    std::pair<std::int32_t, std::int32_t> window() const {
        std::pair<std::int32_t, std::int32_t> out;
        detail::check(crm_purchase_model_window(get(), &out.first, &out.second));
        return out;
    }

    // Four parameters, then coefficients of covariates.
    std::vector<double> estimates() const {
        std::vector<double> out(crm_purchase_model_length(get()));
        detail::check(crm_purchase_model_estimates(get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (std::size_t index = 0; index < crm_purchase_model_length(get()); index++)
            out.push_back(detail::name(crm_purchase_model_name(get(), index)));
        return out;
    }

    // Throws for a model with given parameters.
    fit_report report() const {
        return fit_report(detail::made<crm_fit_report>(
            [&](crm_fit_report **out) { return crm_purchase_model_report(get(), out); }));
    }

    std::vector<double> predict(const purchase_data &data, const crm_prediction &prediction) const {
        std::vector<double> out(data.size());
        detail::check(crm_purchase_model_predict(get(), data.get(), &prediction, out.data(), out.size()));
        return out;
    }

    double log_likelihood(const purchase_data &data) const {
        double out = 0.0;
        detail::check(crm_purchase_model_log_likelihood(get(), data.get(), &out));
        return out;
    }

    std::vector<double> log_likelihoods(const purchase_data &data) const {
        std::vector<double> out(data.size());
        detail::check(crm_purchase_model_log_likelihoods(get(), data.get(), out.data(), out.size()));
        return out;
    }

    intervals confidence_intervals(const purchase_data &data, const crm_prediction &prediction,
                                   double confidence_level) const {
        return intervals(detail::made<crm_intervals>([&](crm_intervals **out) {
            return crm_purchase_model_confidence_intervals(get(), data.get(), &prediction, confidence_level, out);
        }));
    }

    crm::predictive_intervals predictive_intervals(const purchase_data &data, const crm_period &period,
                                                   double level) const {
        crm::predictive_intervals out;
        out.lower.resize(data.size());
        out.upper.resize(data.size());
        detail::check(crm_purchase_model_predictive_intervals(get(), data.get(), &period, level, out.lower.data(),
                                                              out.upper.data(), data.size()));
        return out;
    }

    crm::bootstrap bootstrap(const purchase_data &data, std::uint32_t replicates, std::uint64_t seed,
                             const fit_options &options = {}) const {
        return crm::bootstrap(detail::made<crm_bootstrap>([&](crm_bootstrap **out) {
            return crm_purchase_model_bootstrap(get(), data.get(), detail::fit_view(options).get(), replicates, seed,
                                                out);
        }));
    }

    simulation simulate(const std::vector<double> &ages, const crm_period &holdout, std::uint64_t seed) const {
        return simulation(detail::made<crm_simulation>([&](crm_simulation **out) {
            return crm_purchase_model_simulate(get(), ages.data(), ages.size(), &holdout, seed, out);
        }));
    }
};

class spend_data : public detail::handle<crm_spend_data, crm_spend_data_free> {
public:
    using handle::handle;

    explicit spend_data(const base &customers, crm_policy without_spend = CRM_POLICY_EXCLUDE)
        : handle(made([&](crm_spend_data **out) {
              return crm_spend_data_from_base(customers.get(), without_spend, out);
          })) {}

    spend_data(const std::vector<double> &repeat_purchases, const std::vector<double> &mean_spend,
               crm_policy without_spend = CRM_POLICY_EXCLUDE)
        : handle(made([&](crm_spend_data **out) {
              detail::same_length("mean_spend", mean_spend.size(), repeat_purchases.size());
              return crm_spend_data_new(repeat_purchases.data(), mean_spend.data(), mean_spend.size(), without_spend,
                                        out);
          })) {}

    spend_data with_weights(const std::vector<double> &weights) const {
        return spend_data(made([&](crm_spend_data **out) {
            return crm_spend_data_with_weights(get(), weights.data(), weights.size(), out);
        }));
    }

    spend_data in_currency(const std::string &currency) const {
        return spend_data(made(
            [&](crm_spend_data **out) { return crm_spend_data_in_currency(get(), currency.c_str(), out); }));
    }

    std::size_t size() const { return crm_spend_data_length(get()); }
    std::uint64_t excluded() const { return crm_spend_data_excluded(get()); }

    std::optional<std::string> currency() const {
        const char *found = crm_spend_data_currency(get());
        return found == nullptr ? std::nullopt : std::optional<std::string>(found);
    }

    std::vector<double> column(crm_spend_column column) const {
        std::vector<double> out(size());
        detail::check(crm_spend_data_column(get(), column, out.data(), out.size()));
        return out;
    }
};

class spend_model : public detail::handle<crm_spend_model, crm_spend_model_free> {
public:
    using handle::handle;

    spend_model(double p, double q, double v)
        : handle(made([&](crm_spend_model **out) { return crm_spend_model_from_parameters(p, q, v, out); })) {}

    static spend_model fit(const spend_data &data, double l2 = 0.0, std::size_t threads = 0) {
        crm_spend_fit_options options{};
        detail::check(crm_spend_fit_options_init(&options, sizeof options));
        options.l2 = l2;
        options.threads = threads;
        return spend_model(
            made([&](crm_spend_model **out) { return crm_spend_model_fit(data.get(), &options, out); }));
    }

    static spend_model from_json(const std::string &json) {
        return spend_model(made([&](crm_spend_model **out) { return crm_spend_model_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_spend_model_to_json(get(), &out));
        return detail::text_of(out);
    }

    spend_model in_currency(const std::string &currency) const {
        return spend_model(made(
            [&](crm_spend_model **out) { return crm_spend_model_in_currency(get(), currency.c_str(), out); }));
    }

    crm_spend_parameters parameters() const {
        crm_spend_parameters out{};
        detail::check(crm_spend_model_parameters(get(), &out));
        return out;
    }

    std::optional<std::string> currency() const {
        const char *found = crm_spend_model_currency(get());
        return found == nullptr ? std::nullopt : std::optional<std::string>(found);
    }

    std::uint64_t excluded() const { return crm_spend_model_excluded(get()); }

    // NaN for a model with given parameters.
    double correlation() const {
        double out = 0.0;
        detail::check(crm_spend_model_correlation(get(), &out));
        return out;
    }

    // Throws for a model with given parameters.
    fit_report report() const {
        return fit_report(
            detail::made<crm_fit_report>([&](crm_fit_report **out) { return crm_spend_model_report(get(), out); }));
    }

    double log_likelihood(const spend_data &data) const {
        double out = 0.0;
        detail::check(crm_spend_model_log_likelihood(get(), data.get(), &out));
        return out;
    }

    double population_mean() const {
        double out = 0.0;
        detail::check(crm_spend_model_population_mean(get(), &out));
        return out;
    }

    std::vector<double> expected_mean_spend(const std::vector<double> &repeat_purchases,
                                            const std::vector<double> &mean_spend) const {
        detail::same_length("mean_spend", mean_spend.size(), repeat_purchases.size());
        std::vector<double> out(mean_spend.size());
        detail::check(crm_spend_model_expected_mean_spend(get(), repeat_purchases.data(), mean_spend.data(), out.size(),
                                                          out.data()));
        return out;
    }

    // NaN for customers who have no expectation.
    std::vector<double> expected_mean_spend_where_defined(const std::vector<double> &repeat_purchases,
                                                          const std::vector<double> &mean_spend) const {
        detail::same_length("mean_spend", mean_spend.size(), repeat_purchases.size());
        std::vector<double> out(mean_spend.size());
        detail::check(crm_spend_model_expected_mean_spend_where_defined(get(), repeat_purchases.data(),
                                                                        mean_spend.data(), out.size(), out.data()));
        return out;
    }

    std::vector<double> simulate(const std::vector<std::uint32_t> &repeat_purchases, std::uint64_t seed) const {
        std::vector<double> out(repeat_purchases.size());
        detail::check(crm_spend_model_simulate(get(), repeat_purchases.data(), out.size(), seed, out.data()));
        return out;
    }
};

// What of a purchase counts, how far ahead, and at which rate.
inline crm_value_options value_options(crm_horizon horizon, crm_discount_rate discount_rate, double margin = 1.0) {
    crm_value_options options{};
    detail::check(crm_value_options_init(&options, sizeof options));
    options.horizon = horizon;
    options.discount_rate = discount_rate;
    options.margin = margin;
    return options;
}

inline crm_draw_options draw_options() {
    crm_draw_options options{};
    detail::check(crm_draw_options_init(&options, sizeof options));
    return options;
}

// The residual value of each customer and what it is made of.
class customer_values : public detail::handle<crm_customer_values, crm_customer_values_free> {
public:
    using handle::handle;

    customer_values(const purchase_model &purchases_model, const spend_model &spends, const purchase_data &purchases,
                    const spend_data &spend, const crm_value_options &options)
        : handle(made([&](crm_customer_values **out) {
              return crm_customer_values_new(purchases_model.get(), spends.get(), purchases.get(), spend.get(), &options,
                                             out);
          })) {}

    static intervals confidence_intervals(const purchase_model &purchases_model, const spend_model &spends,
                                          const purchase_data &purchases, const spend_data &spend,
                                          const crm_value_options &options, double confidence_level) {
        return intervals(detail::made<crm_intervals>([&](crm_intervals **out) {
            return crm_customer_values_confidence_intervals(purchases_model.get(), spends.get(), purchases.get(),
                                                            spend.get(), &options, confidence_level, out);
        }));
    }

    static intervals predictive_intervals(const purchase_model &purchases_model, const spend_model &spends,
                                          const purchase_data &purchases, const spend_data &spend,
                                          const crm_value_options &options,
                                          const crm_draw_options &draw = draw_options()) {
        return intervals(detail::made<crm_intervals>([&](crm_intervals **out) {
            return crm_customer_values_predictive_intervals(purchases_model.get(), spends.get(), purchases.get(),
                                                            spend.get(), &options, &draw, out);
        }));
    }

    std::size_t size() const { return crm_customer_values_length(get()); }

    std::vector<double> column(crm_value_column column) const {
        std::vector<double> out(size());
        detail::check(crm_customer_values_column(get(), column, out.data(), out.size()));
        return out;
    }

    ArrowArrayStream to_arrow_stream(const base &customers) const {
        ArrowArrayStream out{};
        detail::check(crm_customer_values_to_arrow_stream(customers.get(), get(), &out));
        return out;
    }

    void write_csv(const base &customers, const std::string &path) const {
        detail::check(crm_customer_values_write_csv(customers.get(), get(), path.c_str()));
    }

    void write_parquet(const base &customers, const std::string &path) const {
        detail::check(crm_customer_values_write_parquet(customers.get(), get(), path.c_str()));
    }
};

// Numbers of customers, a row each and a column a feature: a view of values that must outlive it.
struct matrix {
    const double *values;
    std::size_t rows, features;
    crm_layout layout;

    // As many values as rows times features.
    matrix(const double *from, std::size_t row_count, std::size_t feature_count, crm_layout how = CRM_LAYOUT_ROWS)
        : values(from), rows(row_count), features(feature_count), layout(how) {}

    // As many rows as the values make.
    matrix(const std::vector<double> &from, std::size_t feature_count, crm_layout how = CRM_LAYOUT_ROWS)
        : matrix(from.data(), feature_count == 0 ? 0 : from.size() / feature_count, feature_count, how) {
        if (rows * features != from.size())
            throw std::invalid_argument(std::to_string(from.size()) + " values are no whole number of rows of " +
                                        std::to_string(features));
    }
    // The values would be gone before the view.
    matrix(std::vector<double> &&from, std::size_t feature_count, crm_layout how = CRM_LAYOUT_ROWS) = delete;
};

// Options with their defaults, to be changed where they differ. Centres that are put into them must outlive the calls they
// are used in.
inline crm_k_means_options k_means_options(std::size_t clusters) {
    crm_k_means_options options{};
    detail::check(crm_k_means_options_init(&options, sizeof options, clusters));
    return options;
}

inline crm_mixture_options mixture_options(std::size_t components) {
    crm_mixture_options options{};
    detail::check(crm_mixture_options_init(&options, sizeof options, components));
    return options;
}

inline crm_silhouette_options silhouette_options() {
    crm_silhouette_options options{};
    detail::check(crm_silhouette_options_init(&options, sizeof options));
    return options;
}

inline crm_gap_options gap_options() {
    crm_gap_options options{};
    detail::check(crm_gap_options_init(&options, sizeof options));
    return options;
}

inline crm_stability_options stability_options() {
    crm_stability_options options{};
    detail::check(crm_stability_options_init(&options, sizeof options));
    return options;
}

inline crm_choice_options choice_options(std::size_t from, std::size_t to) {
    crm_choice_options options{};
    detail::check(crm_choice_options_init(&options, sizeof options));
    options.from = from;
    options.to = to;
    return options;
}

// Where rows lie between the nearest and the next centre.
struct assignment {
    std::vector<std::uint32_t> labels, next_labels;
    std::vector<double> distances, next_distances;
    // 0 at the own centre, 1 midway to the next one.
    std::vector<double> border;
};

struct clustering;

class k_means : public detail::handle<crm_k_means, crm_k_means_free> {
public:
    using handle::handle;

    // Weights say how often rows count; without any, once each.
    static inline clustering fit(const matrix &rows, const crm_k_means_options &options,
                                 const std::vector<double> &weights = {});

    static k_means from_json(const std::string &json) {
        return k_means(made([&](crm_k_means **out) { return crm_k_means_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_k_means_to_json(get(), &out));
        return detail::text_of(out);
    }

    k_means on_threads(std::size_t threads) const {
        return k_means(made([&](crm_k_means **out) { return crm_k_means_on_threads(get(), threads, out); }));
    }

    std::vector<std::uint32_t> predict(const matrix &rows) const {
        std::vector<std::uint32_t> out(rows.rows);
        detail::check(
            crm_k_means_predict(get(), rows.values, rows.rows, rows.features, rows.layout, out.data()));
        return out;
    }

    assignment assign(const matrix &rows) const {
        assignment out;
        out.labels.resize(rows.rows);
        out.next_labels.resize(rows.rows);
        out.distances.resize(rows.rows);
        out.next_distances.resize(rows.rows);
        out.border.resize(rows.rows);
        detail::check(crm_k_means_assign(get(), rows.values, rows.rows, rows.features, rows.layout, out.labels.data(),
                                         out.distances.data(), out.next_labels.data(), out.next_distances.data(),
                                         out.border.data()));
        return out;
    }

    // To all centres, row by row.
    std::vector<double> distances(const matrix &rows) const {
        std::vector<double> out(rows.rows * clusters());
        detail::check(crm_k_means_distances(get(), rows.values, rows.rows, rows.features, rows.layout, out.data(),
                                            out.size()));
        return out;
    }

    std::size_t clusters() const { return crm_k_means_clusters(get()); }
    std::size_t features() const { return crm_k_means_features(get()); }

    // One after the other.
    std::vector<double> centres() const {
        std::vector<double> out(clusters() * features());
        detail::check(crm_k_means_centres(get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::uint64_t> rows() const {
        std::vector<std::uint64_t> out(clusters());
        detail::check(crm_k_means_rows(get(), out.data(), out.size()));
        return out;
    }

    std::vector<double> weights() const {
        std::vector<double> out(clusters());
        detail::check(crm_k_means_weights(get(), out.data(), out.size()));
        return out;
    }

    std::vector<double> within() const {
        std::vector<double> out(clusters());
        detail::check(crm_k_means_within(get(), out.data(), out.size()));
        return out;
    }

    double inertia() const {
        double out = 0.0;
        detail::check(crm_k_means_inertia(get(), &out));
        return out;
    }

    std::uint32_t iterations() const {
        std::uint32_t out = 0;
        detail::check(crm_k_means_iterations(get(), &out));
        return out;
    }

    bool converged() const {
        std::int32_t out = 0;
        detail::check(crm_k_means_converged(get(), &out));
        return out != 0;
    }
};

// A model with the cluster of each row that it was fitted to.
struct clustering {
    k_means model;
    std::vector<std::uint32_t> labels;
};

inline clustering k_means::fit(const matrix &rows, const crm_k_means_options &options,
                               const std::vector<double> &weights) {
    if (!weights.empty()) detail::same_length("weights", weights.size(), rows.rows);
    std::vector<std::uint32_t> labels(rows.rows);
    k_means model(made([&](crm_k_means **out) {
        return crm_k_means_fit(rows.values, rows.rows, rows.features, rows.layout,
                               weights.empty() ? nullptr : weights.data(), &options, labels.data(), out);
    }));
    return {std::move(model), std::move(labels)};
}

// K-means that learns from one batch after the other. One thread at a time may use it.
class mini_batch_k_means : public detail::handle<crm_mini_batch_k_means, crm_mini_batch_k_means_free> {
public:
    explicit mini_batch_k_means(const crm_k_means_options &options)
        : handle(made(
              [&](crm_mini_batch_k_means **out) { return crm_mini_batch_k_means_new(&options, out); })) {}

    // Weights: one for each row, or none for rows that count alike.
    void update(const matrix &batch, const std::vector<double> &weights = {}) {
        if (!weights.empty()) detail::same_length("weights", weights.size(), batch.rows);
        detail::check(crm_mini_batch_k_means_update(get(), batch.values, batch.rows, batch.features, batch.layout,
                                                    weights.empty() ? nullptr : weights.data()));
    }

    std::uint32_t batches() const { return crm_mini_batch_k_means_batches(get()); }

    // The model so far; the learner can go on.
    k_means finish() const {
        return k_means(detail::made<crm_k_means>(
            [&](crm_k_means **out) { return crm_mini_batch_k_means_finish(get(), out); }));
    }
};

// Segments as normal distributions.
class gaussian_mixture : public detail::handle<crm_gaussian_mixture, crm_gaussian_mixture_free> {
public:
    using handle::handle;

    // A share, a mean and a full covariance of each component, one after the other.
    gaussian_mixture(const std::vector<double> &weights, const std::vector<double> &means,
                     const std::vector<double> &covariances)
        : handle(made([&](crm_gaussian_mixture **out) {
              const std::size_t components = weights.size(), features = components == 0 ? 0 : means.size() / components;
              if (means.size() != components * features || covariances.size() != means.size() * features)
                  throw std::invalid_argument("weights, means and covariances do not fit together");
              return crm_gaussian_mixture_from_parameters(components, features, weights.data(), means.data(),
                                                          covariances.data(), out);
          })) {}

    static gaussian_mixture fit(const matrix &rows, const crm_mixture_options &options) {
        return gaussian_mixture(made([&](crm_gaussian_mixture **out) {
            return crm_gaussian_mixture_fit(rows.values, rows.rows, rows.features, rows.layout, &options, out);
        }));
    }

    static gaussian_mixture from_json(const std::string &json) {
        return gaussian_mixture(
            made([&](crm_gaussian_mixture **out) { return crm_gaussian_mixture_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_gaussian_mixture_to_json(get(), &out));
        return detail::text_of(out);
    }

    gaussian_mixture on_threads(std::size_t threads) const {
        return gaussian_mixture(made(
            [&](crm_gaussian_mixture **out) { return crm_gaussian_mixture_on_threads(get(), threads, out); }));
    }

    // Of each component, row by row.
    std::vector<double> probabilities(const matrix &rows) const {
        std::vector<double> out(rows.rows * components());
        detail::check(crm_gaussian_mixture_probabilities(get(), rows.values, rows.rows, rows.features, rows.layout,
                                                         out.data(), out.size()));
        return out;
    }

    std::vector<std::uint32_t> predict(const matrix &rows) const {
        std::vector<std::uint32_t> out(rows.rows);
        detail::check(crm_gaussian_mixture_predict(get(), rows.values, rows.rows, rows.features, rows.layout,
                                                   out.data()));
        return out;
    }

    std::vector<double> ln_density(const matrix &rows) const {
        std::vector<double> out(rows.rows);
        detail::check(crm_gaussian_mixture_ln_density(get(), rows.values, rows.rows, rows.features, rows.layout,
                                                      out.data()));
        return out;
    }

    std::size_t components() const { return crm_gaussian_mixture_components(get()); }
    std::size_t features() const { return crm_gaussian_mixture_features(get()); }

    std::vector<double> weights() const {
        std::vector<double> out(components());
        detail::check(crm_gaussian_mixture_weights(get(), out.data(), out.size()));
        return out;
    }

    std::vector<double> means() const {
        std::vector<double> out(components() * features());
        detail::check(crm_gaussian_mixture_means(get(), out.data(), out.size()));
        return out;
    }

    std::vector<double> covariances() const {
        std::vector<double> out(components() * features() * features());
        detail::check(crm_gaussian_mixture_covariances(get(), out.data(), out.size()));
        return out;
    }
};

// How well rows fit their clusters.
class silhouette_report : public detail::handle<crm_silhouette_report, crm_silhouette_report_free> {
public:
    silhouette_report(const matrix &rows, const std::vector<std::uint32_t> &labels,
                      const crm_silhouette_options &options = silhouette_options())
        : handle(made([&](crm_silhouette_report **out) {
              detail::same_length("labels", labels.size(), rows.rows);
              return crm_silhouette_report_new(rows.values, rows.rows, rows.features, rows.layout, labels.data(),
                                               &options, out);
          })) {}

    crm_silhouette_summary summary() const {
        crm_silhouette_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_silhouette_report_summary(get(), &out));
        return out;
    }

    std::vector<crm_cluster_silhouette> clusters() const {
        std::vector<crm_cluster_silhouette> out(crm_silhouette_report_length(get()));
        for (std::size_t index = 0; index < out.size(); index++) {
            out[index].struct_size = sizeof out[index];
            detail::check(crm_silhouette_report_cluster(get(), index, &out[index]));
        }
        return out;
    }
};

// Of each row.
inline std::vector<double> silhouette_values(const matrix &rows, const std::vector<std::uint32_t> &labels,
                                             std::size_t threads = 0) {
    detail::same_length("labels", labels.size(), rows.rows);
    std::vector<double> out(rows.rows);
    detail::check(crm_silhouette_values(rows.values, rows.rows, rows.features, rows.layout, labels.data(), threads,
                                        out.data()));
    return out;
}

inline crm_dispersion dispersion(const matrix &rows, const std::vector<std::uint32_t> &labels,
                                 std::size_t threads = 0) {
    detail::same_length("labels", labels.size(), rows.rows);
    crm_dispersion out{};
    out.struct_size = sizeof out;
    detail::check(crm_dispersion_evaluate(rows.values, rows.rows, rows.features, rows.layout, labels.data(), threads,
                                          &out));
    return out;
}

inline double adjusted_rand_index(const std::vector<std::uint32_t> &left, const std::vector<std::uint32_t> &right) {
    detail::same_length("right", right.size(), left.size());
    double out = 0.0;
    detail::check(crm_adjusted_rand_index(left.data(), right.data(), left.size(), &out));
    return out;
}

// The gap statistic of 1 to `most_clusters` clusters.
class gap : public detail::handle<crm_gap, crm_gap_free> {
public:
    gap(const matrix &rows, std::size_t most_clusters, const crm_gap_options &options = gap_options())
        : handle(made([&](crm_gap **out) {
              return crm_gap_new(rows.values, rows.rows, rows.features, rows.layout, most_clusters, &options, out);
          })) {}

    std::vector<crm_gap_row> rows() const {
        std::vector<crm_gap_row> out(crm_gap_length(get()));
        for (std::size_t index = 0; index < out.size(); index++) {
            out[index].struct_size = sizeof out[index];
            detail::check(crm_gap_at(get(), index, &out[index]));
        }
        return out;
    }

    // None if the gap grows up to the last number.
    std::optional<std::size_t> choice() const {
        const std::size_t found = crm_gap_choice(get());
        return found == 0 ? std::nullopt : std::optional<std::size_t>(found);
    }

    std::uint64_t sampled_rows() const { return crm_gap_sampled_rows(get()); }
};

// How far clusters of resampled rows agree, and each pair of resamples.
struct stability {
    crm_stability summary{};
    std::vector<double> indices;

    stability(const matrix &rows, std::size_t clusters, const crm_stability_options &options = stability_options())
        : indices(options.pairs) {
        summary.struct_size = sizeof summary;
        detail::check(crm_stability_evaluate(rows.values, rows.rows, rows.features, rows.layout, clusters, &options,
                                             &summary, indices.data(), indices.size()));
    }
};

// Numbers of clusters compared, and the one that is recommended, if any is.
class cluster_choice : public detail::handle<crm_cluster_choice, crm_cluster_choice_free> {
public:
    cluster_choice(const matrix &rows, const crm_choice_options &options)
        : handle(made([&](crm_cluster_choice **out) {
              return crm_cluster_choice_new(rows.values, rows.rows, rows.features, rows.layout, &options, out);
          })) {}

    // Numbers of clusters are 0 where there is none.
    crm_choice_summary summary() const {
        crm_choice_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_cluster_choice_summary(get(), &out));
        return out;
    }

    // None if the rows have no clusters that can be told from chance.
    std::optional<std::size_t> recommended() const {
        const std::size_t found = summary().recommended;
        return found == 0 ? std::nullopt : std::optional<std::size_t>(found);
    }

    std::optional<std::size_t> vote(crm_criterion criterion) const {
        std::size_t found = 0;
        detail::check(crm_cluster_choice_vote(get(), criterion, &found));
        return found == 0 ? std::nullopt : std::optional<std::size_t>(found);
    }

    std::vector<crm_choice_row> rows() const {
        std::vector<crm_choice_row> out(crm_cluster_choice_length(get()));
        for (std::size_t index = 0; index < out.size(); index++) {
            out[index].struct_size = sizeof out[index];
            detail::check(crm_cluster_choice_row(get(), index, &out[index]));
        }
        return out;
    }

    std::vector<std::string> reasons() const {
        std::vector<std::string> out;
        for (std::size_t index = 0; index < crm_cluster_choice_reason_count(get()); index++)
            out.push_back(detail::name(crm_cluster_choice_reason(get(), index)));
        return out;
    }
};

namespace detail {

// Texts as C sees them, for as long as they live.
inline std::vector<const char *> views(const std::vector<std::string> &texts) {
    std::vector<const char *> found;
    for (const std::string &text : texts) found.push_back(text.c_str());
    return found;
}

// The texts behind indices 0 to count.
template <class At> std::vector<std::string> names(std::size_t count, At at) {
    std::vector<std::string> found;
    for (std::size_t index = 0; index < count; index++) found.push_back(name(at(index)));
    return found;
}

} // namespace detail

// The gaps between the purchase days of each customer of a base.
class rhythm : public detail::handle<crm_rhythm, crm_rhythm_free> {
public:
    using handle::handle;

    rhythm(const history &rows, const crm_base_options &options)
        : handle(made([&](crm_rhythm **out) { return crm_history_rhythm(rows.get(), &options, out); })) {}

    std::size_t size() const { return crm_rhythm_length(get()); }

    std::vector<double> column(crm_rhythm_column column) const {
        std::vector<double> out(size());
        detail::check(crm_rhythm_values(get(), column, out.data(), out.size()));
        return out;
    }
};

// Features of customers: named columns with units.
class feature_table : public detail::handle<crm_feature_table, crm_feature_table_free> {
public:
    using handle::handle;

    // A table without columns, which no base stands behind.
    explicit feature_table(std::size_t rows)
        : handle(made([&](crm_feature_table **out) { return crm_feature_table_new(rows, out); })) {}

    // Without features, recency, purchase days and net amount.
    explicit feature_table(const base &customers, const std::vector<crm_feature> &features = {})
        : handle(made([&](crm_feature_table **out) {
              const std::vector<std::int32_t> codes = codes_of(features);
              return crm_feature_table_from_base(customers.get(), data(codes), codes.size(), out);
          })) {}

    feature_table(const base &customers, const rhythm &purchases, const std::vector<crm_feature> &features)
        : handle(made([&](crm_feature_table **out) {
              const std::vector<std::int32_t> codes = codes_of(features);
              return crm_feature_table_from_base_and_rhythm(customers.get(), purchases.get(), data(codes), codes.size(),
                                                            out);
          })) {}

    feature_table(const history &rows, const crm_base_options &options, const std::vector<crm_feature> &features = {})
        : handle(made([&](crm_feature_table **out) {
              const std::vector<std::int32_t> codes = codes_of(features);
              return crm_feature_table_from_history(rows.get(), &options, data(codes), codes.size(), out);
          })) {}

    feature_table with_column(const std::string &name, const std::string &unit, const std::vector<double> &values) const {
        return feature_table(made([&](crm_feature_table **out) {
            return crm_feature_table_with_column(get(), name.c_str(), unit.c_str(), values.data(), values.size(), out);
        }));
    }

    std::size_t rows() const { return crm_feature_table_rows(get()); }
    std::size_t columns() const { return crm_feature_table_column_count(get()); }
    std::string unit(std::size_t index) const { return detail::name(crm_feature_table_unit(get(), index)); }

    std::vector<std::string> names() const {
        return detail::names(columns(), [&](std::size_t index) { return crm_feature_table_name(get(), index); });
    }

    std::vector<double> values(std::size_t index) const {
        std::vector<double> out(rows());
        detail::check(crm_feature_table_values(get(), index, out.data(), out.size()));
        return out;
    }

    std::vector<double> values(const std::string &name) const {
        std::size_t index = 0;
        detail::check(crm_feature_table_index(get(), name.c_str(), &index));
        return values(index);
    }

    // Throws unless the table was made from a base.
    std::int32_t as_of() const {
        std::int32_t number = 0;
        detail::check(crm_feature_table_as_of(get(), &number));
        return number;
    }

private:
    static std::vector<std::int32_t> codes_of(const std::vector<crm_feature> &features) {
        return std::vector<std::int32_t>(features.begin(), features.end());
    }
    static const std::int32_t *data(const std::vector<std::int32_t> &codes) {
        return codes.empty() ? nullptr : codes.data();
    }
};

inline crm_column_scaling column_scaling(crm_scaling_method method) {
    crm_column_scaling out{};
    detail::check(crm_column_scaling_init(&out, method));
    return out;
}

// How the columns of a table are scaled; it owns its texts.
struct scaling_options {
    std::optional<crm_column_scaling> every;
    std::vector<std::pair<std::string, crm_column_scaling>> columns;
    crm_missing_values missing = CRM_MISSING_VALUES_RAISE;
};

namespace detail {

// The options as C sees them, for as long as both objects live.
class scaling_view {
public:
    explicit scaling_view(const scaling_options &from) {
        check(crm_scaling_options_init(&view_, sizeof view_));
        for (const auto &[name, scaling] : from.columns) {
            columns_.push_back(scaling);
            columns_.back().name = name.c_str();
        }
        view_.every = from.every ? &*from.every : nullptr;
        view_.columns = columns_.data();
        view_.column_count = columns_.size();
        view_.missing = from.missing;
    }
    const crm_scaling_options *get() const noexcept { return &view_; }

private:
    std::vector<crm_column_scaling> columns_;
    crm_scaling_options view_{};
};

} // namespace detail

// Scaled columns.
class scaled_features : public detail::handle<crm_scaled_features, crm_scaled_features_free> {
public:
    using handle::handle;

    std::size_t rows() const { return crm_scaled_features_rows(get()); }
    std::size_t columns() const { return crm_scaled_features_column_count(get()); }

    std::vector<double> values(std::size_t index) const {
        std::vector<double> out(rows());
        detail::check(crm_scaled_features_values(get(), index, out.data(), out.size()));
        return out;
    }

    // How many missing values of each column took the median.
    std::vector<std::uint64_t> imputed() const {
        std::vector<std::uint64_t> out(columns());
        detail::check(crm_scaled_features_imputed(get(), out.data(), out.size()));
        return out;
    }
};

// Fitted scaling.
class feature_scaler : public detail::handle<crm_feature_scaler, crm_feature_scaler_free> {
public:
    using handle::handle;

    explicit feature_scaler(const feature_table &table, const scaling_options &options = {})
        : handle(made([&](crm_feature_scaler **out) {
              return crm_feature_scaler_fit(table.get(), detail::scaling_view(options).get(), out);
          })) {}

    static feature_scaler from_json(const std::string &json) {
        return feature_scaler(
            made([&](crm_feature_scaler **out) { return crm_feature_scaler_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_feature_scaler_to_json(get(), &out));
        return detail::text_of(out);
    }

    scaled_features apply(const feature_table &table) const {
        return scaled_features(detail::made<crm_scaled_features>(
            [&](crm_scaled_features **out) { return crm_feature_scaler_apply(get(), table.get(), out); }));
    }

    // Row by row.
    std::vector<double> invert(const std::vector<double> &scaled) const {
        std::vector<double> out(scaled.size());
        detail::check(crm_feature_scaler_invert(get(), scaled.data(), scaled.size(), out.data(), out.size()));
        return out;
    }

    std::vector<std::string> warnings() const {
        return detail::names(crm_feature_scaler_warning_count(get()),
                             [&](std::size_t index) { return crm_feature_scaler_warning(get(), index); });
    }
};

// The segment of each customer, and how near each is to another one.
class segment_assignment : public detail::handle<crm_segment_assignment, crm_segment_assignment_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_segment_assignment_length(get()); }

    std::vector<std::uint32_t> labels() const {
        std::vector<std::uint32_t> out(size());
        detail::check(crm_segment_assignment_labels(get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::uint32_t> next_labels() const {
        std::vector<std::uint32_t> out(size());
        detail::check(crm_segment_assignment_next_labels(get(), out.data(), out.size()));
        return out;
    }

    std::vector<double> column(crm_assignment_column column) const {
        std::vector<double> out(size());
        detail::check(crm_segment_assignment_column(get(), column, out.data(), out.size()));
        return out;
    }

    ArrowArrayStream to_arrow_stream(const base &customers) const {
        ArrowArrayStream out{};
        detail::check(crm_segment_assignment_to_arrow_stream(customers.get(), get(), &out));
        return out;
    }

    void write_csv(const base &customers, const std::string &path) const {
        detail::check(crm_segment_assignment_write_csv(customers.get(), get(), path.c_str()));
    }

    void write_parquet(const base &customers, const std::string &path) const {
        detail::check(crm_segment_assignment_write_parquet(customers.get(), get(), path.c_str()));
    }
};

// What the customers of each segment are like.
class segment_profiles : public detail::handle<crm_segment_profiles, crm_segment_profiles_free> {
public:
    using handle::handle;

    // Without names, those by what distinguishes the segments.
    segment_profiles(const feature_table &table, const std::vector<std::uint32_t> &labels,
                     const std::vector<std::string> &names = {})
        : handle(made([&](crm_segment_profiles **out) {
              return crm_segment_profiles_new(table.get(), labels.data(), labels.size(), detail::views(names).data(),
                                              names.size(), out);
          })) {}

    std::size_t size() const { return crm_segment_profiles_length(get()); }
    std::size_t features() const { return crm_segment_profiles_feature_count(get()); }

    // The texts in a profile live as long as the profiles.
    crm_segment_profile segment(std::size_t segment) const {
        crm_segment_profile out{};
        out.struct_size = sizeof out;
        detail::check(crm_segment_profiles_segment(get(), segment, &out));
        return out;
    }

    crm_feature_profile feature(std::size_t segment, std::size_t feature) const {
        crm_feature_profile out{};
        out.struct_size = sizeof out;
        detail::check(crm_segment_profiles_feature(get(), segment, feature, &out));
        return out;
    }

    // What distinguishes a segment, the most telling first.
    std::vector<std::string> distinguishing(std::size_t segment) const {
        return detail::names(crm_segment_profiles_distinguishing_count(get(), segment), [&](std::size_t index) {
            return crm_segment_profiles_distinguishing(get(), segment, index);
        });
    }

    std::string report() const {
        crm_bytes *out = nullptr;
        detail::check(crm_segment_profiles_report(get(), &out));
        return detail::text_of(out);
    }
};

inline crm_segment_model_options segment_model_options(std::size_t clusters) {
    crm_segment_model_options options{};
    detail::check(crm_segment_model_options_init(&options, sizeof options, clusters));
    return options;
}

// Named segments that customers of any date can be assigned to.
class segment_model : public detail::handle<crm_segment_model, crm_segment_model_free> {
public:
    using handle::handle;

    // Weights: how often each customer counts in the clusters, or none for once each.
    segment_model(const feature_table &table, const crm_segment_model_options &options,
                  const scaling_options &scaling = {}, const std::vector<double> &weights = {})
        : handle(made([&](crm_segment_model **out) {
              if (!weights.empty()) detail::same_length("weights", weights.size(), table.rows());
              return crm_segment_model_fit(table.get(), weights.empty() ? nullptr : weights.data(),
                                           detail::scaling_view(scaling).get(), &options, out);
          })) {}

    static segment_model from_json(const std::string &json) {
        return segment_model(
            made([&](crm_segment_model **out) { return crm_segment_model_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_segment_model_to_json(get(), &out));
        return detail::text_of(out);
    }

    segment_model with_names(const std::vector<std::string> &names) const {
        return segment_model(made([&](crm_segment_model **out) {
            return crm_segment_model_with_names(get(), detail::views(names).data(), names.size(), out);
        }));
    }

    std::size_t size() const { return crm_segment_model_length(get()); }

    std::vector<std::string> names() const {
        return detail::names(size(), [&](std::size_t index) { return crm_segment_model_name(get(), index); });
    }

    std::vector<std::string> features() const {
        return detail::names(crm_segment_model_feature_count(get()),
                             [&](std::size_t index) { return crm_segment_model_feature(get(), index); });
    }

    crm_segment_model_summary summary() const {
        crm_segment_model_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_segment_model_describe(get(), &out));
        return out;
    }

    // Of the customers fitted; throws for a model from JSON.
    std::vector<std::uint32_t> labels() const {
        std::vector<std::uint32_t> out(summary().customers);
        detail::check(crm_segment_model_labels(get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::uint64_t> sizes() const {
        std::vector<std::uint64_t> out(size());
        detail::check(crm_segment_model_sizes(get(), out.data(), out.size()));
        return out;
    }

    // Segment by segment, in the units of the features.
    std::vector<double> original_centres() const {
        std::vector<double> out(size() * crm_segment_model_feature_count(get()));
        detail::check(crm_segment_model_original_centres(get(), out.data(), out.size()));
        return out;
    }

    segment_assignment assign(const feature_table &table) const {
        return segment_assignment(detail::made<crm_segment_assignment>(
            [&](crm_segment_assignment **out) { return crm_segment_model_assign(get(), table.get(), out); }));
    }

    segment_profiles profiles(const feature_table &table, const std::vector<std::uint32_t> &labels) const {
        return segment_profiles(detail::made<crm_segment_profiles>([&](crm_segment_profiles **out) {
            return crm_segment_model_profiles(get(), table.get(), labels.data(), labels.size(), out);
        }));
    }

    feature_scaler scaler() const {
        return feature_scaler(detail::made<crm_feature_scaler>(
            [&](crm_feature_scaler **out) { return crm_segment_model_scaler(get(), out); }));
    }
};

// Tiers in numbers, the highest first.
class value_tier_summary : public detail::handle<crm_value_tier_summary, crm_value_tier_summary_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_value_tier_summary_length(get()); }

    // The name in the row lives as long as the summary.
    crm_value_tier_row row(std::size_t index) const {
        crm_value_tier_row out{};
        out.struct_size = sizeof out;
        detail::check(crm_value_tier_summary_row(get(), index, &out));
        return out;
    }
};

// How tiers of value are asked for; it owns its texts. Without shares, 20 %, 30 % and 50 % of the customers.
struct value_tier_options {
    std::vector<double> shares;
    crm_tier_split split = CRM_TIER_SPLIT_CUSTOMER_SHARES;
    std::vector<std::string> names;
};

// Tiers by lower bounds of a value.
class value_tiers : public detail::handle<crm_value_tiers, crm_value_tiers_free> {
public:
    using handle::handle;

    explicit value_tiers(const std::vector<double> &values, const value_tier_options &options = {})
        : handle(made([&](crm_value_tiers **out) {
              crm_value_tier_options given{};
              detail::check(crm_value_tier_options_init(&given, sizeof given));
              const std::vector<const char *> names = detail::views(options.names);
              given.shares = options.shares.empty() ? nullptr : options.shares.data();
              given.share_count = options.shares.size();
              given.split = options.split;
              given.names = names.data();
              given.name_count = names.size();
              return crm_value_tiers_fit(values.data(), values.size(), &given, out);
          })) {}

    static value_tiers from_lower_bounds(const std::vector<double> &bounds, const std::vector<std::string> &names = {}) {
        return value_tiers(made([&](crm_value_tiers **out) {
            return crm_value_tiers_from_lower_bounds(bounds.data(), bounds.size(), detail::views(names).data(),
                                                     names.size(), out);
        }));
    }

    static value_tiers from_json(const std::string &json) {
        return value_tiers(made([&](crm_value_tiers **out) { return crm_value_tiers_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_value_tiers_to_json(get(), &out));
        return detail::text_of(out);
    }

    std::vector<std::string> names() const {
        return detail::names(crm_value_tiers_length(get()),
                             [&](std::size_t index) { return crm_value_tiers_name(get(), index); });
    }

    // Of each tier but the last; NaN for tiers that no value reached when fitted.
    std::vector<double> lower_bounds() const {
        std::vector<double> out(crm_value_tiers_length(get()) - 1);
        detail::check(crm_value_tiers_lower_bounds(get(), out.data(), out.size()));
        return out;
    }

    std::vector<std::uint32_t> assign(const std::vector<double> &values) const {
        std::vector<std::uint32_t> out(values.size());
        detail::check(crm_value_tiers_assign(get(), values.data(), values.size(), out.data(), out.size()));
        return out;
    }

    value_tier_summary summary(const std::vector<double> &values) const {
        return value_tier_summary(detail::made<crm_value_tier_summary>([&](crm_value_tier_summary **out) {
            return crm_value_tiers_summary(get(), values.data(), values.size(), out);
        }));
    }
};

// Which bands of shares are kept, and which are missed.
class band_report : public detail::handle<crm_band_report, crm_band_report_free> {
public:
    using handle::handle;

    crm_band_outcome tier(crm_customer_tier tier) const {
        crm_band_outcome out{};
        out.struct_size = sizeof out;
        detail::check(crm_band_report_tier(get(), tier, &out));
        return out;
    }

    crm_band_summary summary() const {
        crm_band_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_band_report_summary(get(), &out));
        return out;
    }

    std::string text() const {
        crm_bytes *out = nullptr;
        detail::check(crm_band_report_text(get(), &out));
        return detail::text_of(out);
    }
};

inline crm_customer_tier_options customer_tier_options() {
    crm_customer_tier_options options{};
    detail::check(crm_customer_tier_options_init(&options, sizeof options));
    return options;
}

// What is known of each customer: value, potential, and either flags or scores of risk.
struct customer_tier_data {
    std::vector<double> value, potential, risk_scores;
    std::vector<std::uint8_t> risk_flags;
};

namespace detail {

// The data as C sees them, for as long as they live.
inline crm_customer_tier_data view(const customer_tier_data &from) {
    const std::size_t length = from.value.size();
    same_length("potential", from.potential.size(), length);
    same_length("risk", from.risk_flags.empty() ? from.risk_scores.size() : from.risk_flags.size(), length);
    crm_customer_tier_data out{};
    out.struct_size = sizeof out;
    out.length = length;
    out.value = from.value.data();
    out.potential = from.potential.data();
    out.risk_flags = from.risk_flags.empty() ? nullptr : from.risk_flags.data();
    out.risk_scores = from.risk_scores.empty() ? nullptr : from.risk_scores.data();
    return out;
}

} // namespace detail

// Core, important, basic and at-risk customers.
class customer_tiers : public detail::handle<crm_customer_tiers, crm_customer_tiers_free> {
public:
    using handle::handle;

    explicit customer_tiers(const customer_tier_data &data,
                            const crm_customer_tier_options &options = customer_tier_options())
        : handle(made([&](crm_customer_tiers **out) {
              const crm_customer_tier_data given = detail::view(data);
              return crm_customer_tiers_fit(&given, &options, out);
          })) {}

    static customer_tiers from_json(const std::string &json) {
        return customer_tiers(
            made([&](crm_customer_tiers **out) { return crm_customer_tiers_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_customer_tiers_to_json(get(), &out));
        return detail::text_of(out);
    }

    crm_tier_thresholds thresholds() const {
        crm_tier_thresholds out{};
        out.struct_size = sizeof out;
        detail::check(crm_customer_tiers_thresholds(get(), &out));
        return out;
    }

    // A crm_customer_tier of each.
    std::vector<std::uint32_t> assign(const customer_tier_data &data) const {
        const crm_customer_tier_data given = detail::view(data);
        std::vector<std::uint32_t> out(data.value.size());
        detail::check(crm_customer_tiers_assign(get(), &given, out.data(), out.size()));
        return out;
    }

    // Of the customers fitted; throws for tiers from JSON.
    band_report report() const {
        return band_report(detail::made<crm_band_report>(
            [&](crm_band_report **out) { return crm_customer_tiers_fit_report(get(), out); }));
    }

    band_report report(const customer_tier_data &data) const {
        const crm_customer_tier_data given = detail::view(data);
        return band_report(detail::made<crm_band_report>(
            [&](crm_band_report **out) { return crm_customer_tiers_report(get(), &given, out); }));
    }
};

inline crm_tier_backtest tier_backtest(const std::vector<std::uint32_t> &before, const std::vector<std::uint32_t> &after,
                                       double target = CRM_TIER_BACKTEST_TARGET) {
    detail::same_length("after", after.size(), before.size());
    crm_tier_backtest out{};
    out.struct_size = sizeof out;
    detail::check(crm_tier_backtest_of(before.data(), after.data(), before.size(), target, &out));
    return out;
}

// Customers counted by two labelings.
class cross_table : public detail::handle<crm_cross_table, crm_cross_table_free> {
public:
    using handle::handle;

    // As many groups as the largest labels say, unless numbers are given.
    cross_table(const std::vector<std::uint32_t> &rows, const std::vector<std::uint32_t> &columns,
                std::size_t row_groups = 0, std::size_t column_groups = 0)
        : handle(made([&](crm_cross_table **out) {
              detail::same_length("columns", columns.size(), rows.size());
              return crm_cross_table_new(rows.data(), columns.data(), rows.size(), row_groups, column_groups, out);
          })) {}

    std::size_t rows() const { return crm_cross_table_row_count(get()); }
    std::size_t columns() const { return crm_cross_table_column_count(get()); }

    // Row by row.
    std::vector<std::uint64_t> counts() const {
        std::vector<std::uint64_t> out(rows() * columns());
        detail::check(crm_cross_table_counts(get(), out.data(), out.size()));
        return out;
    }

    crm_label_agreement agreement() const {
        crm_label_agreement out{};
        out.struct_size = sizeof out;
        detail::check(crm_cross_table_agreement(get(), &out));
        return out;
    }
};

inline double normalized_mutual_information(const std::vector<std::uint32_t> &first,
                                            const std::vector<std::uint32_t> &second) {
    detail::same_length("second", second.size(), first.size());
    double out = 0.0;
    detail::check(crm_normalized_mutual_information(first.data(), second.data(), first.size(), &out));
    return out;
}

// Customers at one date: the segment of each, and columns of features if centres are to be compared.
struct segment_snapshot {
    std::vector<std::uint32_t> labels;
    std::vector<std::vector<double>> features;
};

// How the segments of one clustering have moved between two dates.
class segment_drift : public detail::handle<crm_segment_drift, crm_segment_drift_free> {
public:
    using handle::handle;

    // The same customers in the same order, or customers of whom it is not known which are the same.
    segment_drift(std::size_t segments, const segment_snapshot &before, const segment_snapshot &after,
                  bool by_row = false)
        : handle(made([&](crm_segment_drift **out) {
              const std::vector<double> earlier = joined(before), later = joined(after);
              const crm_segment_snapshot from = view(before, earlier), to = view(after, later);
              const crm_matching matching = by_row ? CRM_MATCHING_BY_ROW : CRM_MATCHING_UNKNOWN;
              return crm_segment_drift_new(segments, &from, &to, matching, nullptr, nullptr, 0, out);
          })) {}

    // Customer matched[i].first of the earlier date is customer matched[i].second of the later one.
    segment_drift(std::size_t segments, const segment_snapshot &before, const segment_snapshot &after,
                  const std::vector<std::pair<std::uint32_t, std::uint32_t>> &matched)
        : handle(made([&](crm_segment_drift **out) {
              const std::vector<double> earlier = joined(before), later = joined(after);
              const crm_segment_snapshot from = view(before, earlier), to = view(after, later);
              std::vector<std::uint32_t> first, second;
              for (const auto &[one, other] : matched) {
                  first.push_back(one);
                  second.push_back(other);
              }
              return crm_segment_drift_new(segments, &from, &to, CRM_MATCHING_PAIRS, first.data(), second.data(),
                                           first.size(), out);
          })) {}

    std::size_t size() const { return crm_segment_drift_length(get()); }

    crm_size_shift size_shift(std::size_t segment) const {
        crm_size_shift out{};
        out.struct_size = sizeof out;
        detail::check(crm_segment_drift_size(get(), segment, &out));
        return out;
    }

    crm_centre_move centre_move(std::size_t segment, std::size_t feature) const {
        crm_centre_move out{};
        out.struct_size = sizeof out;
        detail::check(crm_segment_drift_centre(get(), segment, feature, &out));
        return out;
    }

    // The population stability index and what it says.
    std::pair<double, crm_population_shift> population() const {
        double index = 0.0;
        std::int32_t shift = 0;
        detail::check(crm_segment_drift_population(get(), &index, &shift));
        return {index, static_cast<crm_population_shift>(shift)};
    }

    // Throws if it was not known which customers are the same.
    cross_table migration() const {
        return cross_table(detail::made<crm_cross_table>(
            [&](crm_cross_table **out) { return crm_segment_drift_migration(get(), out); }));
    }

private:
    static std::vector<double> joined(const segment_snapshot &snapshot) {
        std::vector<double> values;
        for (const std::vector<double> &column : snapshot.features) {
            detail::same_length("features", column.size(), snapshot.labels.size());
            values.insert(values.end(), column.begin(), column.end());
        }
        return values;
    }

    static crm_segment_snapshot view(const segment_snapshot &snapshot, const std::vector<double> &features) {
        crm_segment_snapshot out{};
        out.struct_size = sizeof out;
        out.labels = snapshot.labels.data();
        out.length = snapshot.labels.size();
        out.features = features.data();
        out.feature_count = snapshot.features.size();
        return out;
    }
};

inline crm_test_options test_options() {
    crm_test_options options{};
    detail::check(crm_test_options_init(&options, sizeof options));
    return options;
}

// Several arms of one experiment against its control, in the order of the arms, the control left out. Interval, p-value and `rejects` of a
// comparison belong together, and are those of a single test; no interval belongs to an adjusted p-value.
struct several_means {
    std::vector<crm_test_result> comparisons;
    std::vector<double> adjusted_p_values, ln_adjusted_p_values;
    // Over all arms; each comparison has the check of its two arms.
    crm_sample_ratio sample_ratio;
};

// The same of rates, and whether all arms have one.
struct several_proportions : several_means {
    crm_homogeneity homogeneity;
};

namespace detail {

// Places for the comparisons of so many arms, of which there is one at least for C to write to.
template <class Several> Several several_of(std::size_t arms) {
    Several out{};
    const std::size_t places = arms > 1 ? arms - 1 : 1;
    out.comparisons.resize(places);
    out.comparisons.front().struct_size = sizeof(crm_test_result);
    out.adjusted_p_values.resize(places);
    out.ln_adjusted_p_values.resize(places);
    out.sample_ratio.struct_size = sizeof(crm_sample_ratio);
    return out;
}

template <class Arm> const double *planned(const std::vector<Arm> &arms, const std::vector<double> &weights) {
    if (weights.empty()) return nullptr;
    same_length("weights", weights.size(), arms.size());
    return weights.data();
}

} // namespace detail

// Compares each arm with the one at `control`; `weights` is the planned split of all arms, of any scale, or empty for no plan.
inline several_proportions compare_several_proportions(const std::vector<crm_binary_arm> &arms, std::size_t control,
                                                       const std::vector<double> &weights = {},
                                                       std::int32_t method = CRM_PROPORTION_METHOD_SCORE,
                                                       std::int32_t multiplicity = CRM_MULTIPLICITY_METHOD_HOLM,
                                                       const crm_test_options &options = test_options()) {
    auto out = detail::several_of<several_proportions>(arms.size());
    out.homogeneity.struct_size = sizeof out.homogeneity;
    detail::check(crm_compare_several_proportions(arms.data(), detail::planned(arms, weights), arms.size(), control, method,
                                                  multiplicity, &options, out.comparisons.data(),
                                                  out.adjusted_p_values.data(), out.ln_adjusted_p_values.data(),
                                                  &out.homogeneity, &out.sample_ratio));
    return out;
}

// Compares the mean of each arm, of at least two, with that of the one at `control`; else as compare_several_proportions.
inline several_means compare_several_means(const std::vector<crm_mean_arm> &arms, std::size_t control,
                                           const std::vector<double> &weights = {},
                                           std::int32_t method = CRM_MEAN_METHOD_WELCH,
                                           std::int32_t lift_method = CRM_LIFT_METHOD_FIELLER,
                                           std::int32_t multiplicity = CRM_MULTIPLICITY_METHOD_HOLM,
                                           const crm_test_options &options = test_options()) {
    auto out = detail::several_of<several_means>(arms.size());
    detail::check(crm_compare_several_means(arms.data(), detail::planned(arms, weights), arms.size(), control, method,
                                            lift_method, multiplicity, &options, out.comparisons.data(),
                                            out.adjusted_p_values.data(), out.ln_adjusted_p_values.data(),
                                            &out.sample_ratio));
    return out;
}

inline crm_quantile_arm_options quantile_arm_options() {
    crm_quantile_arm_options options{};
    detail::check(crm_quantile_arm_options_init(&options, sizeof options));
    return options;
}

// The values of an arm as its quantiles need them; summaries merge.
class quantile_arm : public detail::handle<crm_quantile_arm, crm_quantile_arm_free> {
public:
    using handle::handle;

    explicit quantile_arm(const std::vector<double> &values,
                          const crm_quantile_arm_options &options = quantile_arm_options())
        : handle(made([&](crm_quantile_arm **out) {
              return crm_quantile_arm_from_values(values.data(), values.size(), &options, out);
          })) {}

    static quantile_arm from_counts(const std::vector<double> &values, const std::vector<std::uint64_t> &counts,
                                    const crm_quantile_arm_options &options = quantile_arm_options()) {
        detail::same_length("counts", counts.size(), values.size());
        return quantile_arm(made([&](crm_quantile_arm **out) {
            return crm_quantile_arm_from_counts(values.data(), counts.data(), values.size(), &options, out);
        }));
    }

    static quantile_arm from_json(const std::string &json) {
        return quantile_arm(
            made([&](crm_quantile_arm **out) { return crm_quantile_arm_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_quantile_arm_to_json(get(), &out));
        return detail::text_of(out);
    }

    // The rows of both.
    quantile_arm merge(const quantile_arm &other) const {
        return quantile_arm(
            made([&](crm_quantile_arm **out) { return crm_quantile_arm_merge(get(), other.get(), out); }));
    }

    std::uint64_t count() const { return crm_quantile_arm_count(get()); }
    bool is_exact() const { return crm_quantile_arm_is_exact(get()) != 0; }

    double quantile(double probability) const {
        double out = 0.0;
        detail::check(crm_quantile_arm_quantile(get(), probability, &out));
        return out;
    }
};

inline crm_plan_options plan_options() {
    crm_plan_options options{};
    detail::check(crm_plan_options_init(&options, sizeof options));
    return options;
}

// A planned test of ranks; the effect is the probability that a target value is above a control value, ties one half.
class rank_plan : public detail::handle<crm_rank_plan, crm_rank_plan_free> {
public:
    using handle::handle;

    // Values that are normal after some rising transformation, with these standard deviations.
    rank_plan(double target_deviation, double control_deviation,
              crm_rank_plan_method method = CRM_RANK_PLAN_METHOD_MANN_WHITNEY,
              const crm_plan_options &options = plan_options())
        : handle(made([&](crm_rank_plan **out) {
              return crm_rank_plan_normal(target_deviation, control_deviation, method, &options, out);
          })) {}

    // Shares or counts in ordered categories.
    static rank_plan from_categories(const std::vector<double> &target, const std::vector<double> &control,
                                     crm_rank_plan_method method = CRM_RANK_PLAN_METHOD_MANN_WHITNEY,
                                     const crm_plan_options &options = plan_options()) {
        detail::same_length("control", control.size(), target.size());
        return rank_plan(made([&](crm_rank_plan **out) {
            return crm_rank_plan_from_categories(target.data(), control.data(), target.size(), method, &options, out);
        }));
    }

    // Values of a pilot, in any order.
    static rank_plan from_samples(const std::vector<double> &target, const std::vector<double> &control,
                                  crm_rank_plan_method method = CRM_RANK_PLAN_METHOD_MANN_WHITNEY,
                                  const crm_plan_options &options = plan_options(), std::size_t threads = 0) {
        return rank_plan(made([&](crm_rank_plan **out) {
            return crm_rank_plan_from_samples(target.data(), target.size(), control.data(), control.size(), method,
                                              &options, threads, out);
        }));
    }

    // Of the categories or samples given; NaN for normal values.
    double superiority() const { return crm_rank_plan_superiority(get()); }

    double power(double superiority, double target_count) const {
        double out = 0.0;
        detail::check(crm_rank_plan_power(get(), superiority, target_count, &out));
        return out;
    }

    crm_sample_size sample_size(double superiority, double power) const {
        crm_sample_size out{};
        out.struct_size = sizeof out;
        detail::check(crm_rank_plan_sample_size(get(), superiority, power, &out));
        return out;
    }

    double detectable(double target_count, double power,
                      crm_effect_direction direction = CRM_EFFECT_DIRECTION_INCREASE) const {
        double out = 0.0;
        detail::check(crm_rank_plan_detectable(get(), target_count, power, direction, &out));
        return out;
    }
};

inline crm_always_valid_options always_valid_options() {
    crm_always_valid_options options{};
    detail::check(crm_always_valid_options_init(&options, sizeof options));
    return options;
}

inline crm_group_sequential_options group_sequential_options() {
    crm_group_sequential_options options{};
    detail::check(crm_group_sequential_options_init(&options, sizeof options));
    return options;
}

inline crm_bayes_options bayes_options() {
    crm_bayes_options options{};
    detail::check(crm_bayes_options_init(&options, sizeof options));
    return options;
}

// A test that is fed as data arrive and stays valid however often it is looked at. One thread at a time may use it.
class sequential_test : public detail::handle<crm_sequential_test, crm_sequential_test_free> {
public:
    using handle::handle;

    explicit sequential_test(const crm_always_valid_options &options)
        : handle(made([&](crm_sequential_test **out) { return crm_sequential_test_new(&options, out); })) {}

    static sequential_test from_json(const std::string &json) {
        return sequential_test(
            made([&](crm_sequential_test **out) { return crm_sequential_test_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *text = nullptr;
        detail::check(crm_sequential_test_to_json(get(), &text));
        return detail::text_of(text);
    }

    crm_sequential_step look(double estimate, double standard_error, double observations) {
        return step([&](crm_sequential_step *out) {
            return crm_sequential_test_look(get(), estimate, standard_error, observations, out);
        });
    }

    crm_sequential_step look_rates(const crm_binary_arm &target, const crm_binary_arm &control) {
        return step([&](crm_sequential_step *out) {
            return crm_sequential_test_look_rates(get(), &target, &control, out);
        });
    }

private:
    template <class Look> static crm_sequential_step step(Look look) {
        crm_sequential_step out{};
        out.struct_size = sizeof out;
        detail::check(look(&out));
        return out;
    }
};

// Loyalty: scores, their weights and what they are made of.

inline crm_score_options score_options() {
    crm_score_options options{};
    detail::check(crm_score_options_init(&options, sizeof options));
    return options;
}

// Weights from pairwise comparisons, with what these are worth.
struct ahp {
    std::vector<double> weights;
    double largest_eigenvalue, consistency_index, consistency_ratio;
};

// `comparisons` is a square matrix, row by row.
inline ahp ahp_weights(const std::vector<double> &comparisons, std::int32_t random_index = CRM_RANDOM_INDEX_SAATY2005,
                       std::int32_t inconsistency = CRM_INCONSISTENCY_REFUSE) {
    std::size_t sides = 0;
    while (sides * sides < comparisons.size()) sides++;
    if (sides * sides != comparisons.size()) throw std::invalid_argument("comparisons: must be a square matrix");
    ahp out{std::vector<double>(sides), 0.0, 0.0, 0.0};
    crm_ahp found{};
    found.struct_size = sizeof found;
    detail::check(crm_ahp_weights(comparisons.data(), sides, random_index, inconsistency, out.weights.data(), sides, &found));
    out.largest_eigenvalue = found.largest_eigenvalue;
    out.consistency_index = found.consistency_index;
    out.consistency_ratio = found.consistency_ratio;
    return out;
}

inline std::vector<double> proportional_weights(const std::vector<double> &proportions) {
    std::vector<double> out(proportions.size());
    detail::check(crm_proportional_weights(proportions.data(), proportions.size(), out.data(), out.size()));
    return out;
}

// Columns are added by one thread; after that threads may share it.
class dimension_table : public detail::handle<crm_dimension_table, crm_dimension_table_free> {
public:
    using handle::handle;

    dimension_table(std::int32_t as_of, std::size_t rows)
        : handle(made([&](crm_dimension_table **out) { return crm_dimension_table_new(as_of, rows, out); })) {}

    // `dimension` is JSON text, as crm_dimension_table_add says.
    dimension_table &add(const std::string &dimension, const std::vector<double> &values) {
        detail::check(crm_dimension_table_add(get(), dimension.c_str(), values.data(), values.size()));
        return *this;
    }

    std::size_t rows() const { return crm_dimension_table_rows(get()); }
};

class loyalty_scores : public detail::handle<crm_loyalty_scores, crm_loyalty_scores_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_loyalty_scores_length(get()); }
    double population_mean() const { return crm_loyalty_scores_population_mean(get()); }

    std::vector<double> scores() const { return column<double>(crm_loyalty_scores_values); }
    std::vector<double> coverage() const { return column<double>(crm_loyalty_scores_coverage); }
    std::vector<std::uint32_t> ranks() const { return column<std::uint32_t>(crm_loyalty_scores_ranks); }

private:
    template <class T, class Copy> std::vector<T> column(Copy copy) const {
        std::vector<T> out(size());
        detail::check(copy(get(), out.data(), out.size()));
        return out;
    }
};

class score_contributions : public detail::handle<crm_score_contributions, crm_score_contributions_free> {
public:
    using handle::handle;

    std::size_t dimensions() const { return crm_score_contributions_dimensions(get()); }

    loyalty_scores scores() const {
        crm_loyalty_scores *out = nullptr;
        detail::check(crm_score_contributions_scores(get(), &out));
        return loyalty_scores(out);
    }

    std::vector<double> of(std::size_t dimension) const {
        std::vector<double> out(scores().size());
        detail::check(crm_score_contributions_values(get(), dimension, out.data(), out.size()));
        return out;
    }

    std::vector<double> baseline() const {
        std::vector<double> out(scores().size());
        detail::check(crm_score_contributions_baseline(get(), out.data(), out.size()));
        return out;
    }
};

class score_change : public detail::handle<crm_score_change, crm_score_change_free> {
public:
    using handle::handle;

    // A crm_score_change_column.
    std::vector<double> column(std::int32_t column) const {
        std::vector<double> out(crm_score_change_length(get()));
        detail::check(crm_score_change_values(get(), column, out.data(), out.size()));
        return out;
    }
};

// What each dimension has of the effects of a change.
class score_change_parts : public detail::handle<crm_score_change_parts, crm_score_change_parts_free> {
public:
    score_change_parts(crm_score_change_parts *parts, std::size_t customers) : handle(parts), customers_(customers) {}

    std::size_t dimensions() const { return crm_score_change_parts_dimensions(get()); }

    // Of a value, reference or weight effect, what a dimension has of it.
    std::vector<double> column(crm_score_change_column effect, std::size_t dimension) const {
        std::vector<double> out(customers_);
        detail::check(crm_score_change_parts_values(get(), effect, dimension, out.data(), out.size()));
        return out;
    }

private:
    std::size_t customers_;
};

class loyalty_score : public detail::handle<crm_loyalty_score, crm_loyalty_score_free> {
public:
    using handle::handle;

    loyalty_score(const dimension_table &table, const std::vector<double> &weights,
                  const crm_score_options &options = score_options())
        : handle(made([&](crm_loyalty_score **out) {
              return crm_loyalty_score_fit(table.get(), weights.data(), weights.size(), &options, out, nullptr);
          })) {}

    // `weighting` is a crm_weighting_kind that follows from the columns alone.
    static loyalty_score objective(const dimension_table &table, std::int32_t weighting,
                                   const crm_score_options &options = score_options()) {
        return loyalty_score(made([&](crm_loyalty_score **out) {
            return crm_loyalty_score_fit_objective(table.get(), weighting, &options, out, nullptr);
        }));
    }

    // Not 0 for those who were still there in the next period.
    static loyalty_score learned(const dimension_table &table, const std::vector<std::uint8_t> &retained,
                                 const crm_score_options &options = score_options()) {
        return loyalty_score(made([&](crm_loyalty_score **out) {
            return crm_loyalty_score_fit_learned(table.get(), retained.data(), retained.size(), &options, out, nullptr);
        }));
    }

    static loyalty_score from_json(const std::string &json) {
        return loyalty_score(
            made([&](crm_loyalty_score **out) { return crm_loyalty_score_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *text = nullptr;
        detail::check(crm_loyalty_score_to_json(get(), &text));
        return detail::text_of(text);
    }

    loyalty_scores score(const dimension_table &table, std::size_t threads = 0) const {
        crm_loyalty_scores *out = nullptr;
        detail::check(crm_loyalty_score_apply(get(), table.get(), threads, &out));
        return loyalty_scores(out);
    }

    score_contributions contributions(const dimension_table &table, std::size_t threads = 0) const {
        crm_score_contributions *out = nullptr;
        detail::check(crm_loyalty_score_contributions(get(), table.get(), threads, &out));
        return score_contributions(out);
    }

    // The same, split by dimension.
    score_change_parts change_by_dimension(const dimension_table &table, const loyalty_score &later,
                                           const dimension_table &later_table, std::size_t threads = 0) const {
        return score_change_parts(detail::made<crm_score_change_parts>([&](crm_score_change_parts **out) {
                                      return crm_score_change_parts_new(get(), table.get(), later.get(),
                                                                        later_table.get(), threads, out);
                                  }),
                                  table.rows());
    }

    score_change change(const dimension_table &table, const loyalty_score &later, const dimension_table &later_table,
                        std::size_t threads = 0) const {
        crm_score_change *out = nullptr;
        detail::check(crm_score_change_new(get(), table.get(), later.get(), later_table.get(), threads, &out));
        return score_change(out);
    }

    crm_score_summary summary() const {
        crm_score_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_loyalty_score_summary(get(), &out));
        return out;
    }

    std::vector<double> weights() const {
        std::vector<double> out;
        for (std::size_t place = 0; place < crm_loyalty_score_dimensions(get()); place++) {
            crm_score_dimension found{};
            found.struct_size = sizeof found;
            detail::check(crm_loyalty_score_dimension(get(), place, &found));
            out.push_back(found.weight);
        }
        return out;
    }
};

class weighting_report : public detail::handle<crm_weighting_report, crm_weighting_report_free> {
public:
    using handle::handle;

    // `retained` is not 0 for those who were still there in the period after the table's date.
    weighting_report(const std::vector<std::pair<std::string, loyalty_score>> &scores, const dimension_table &table,
                     const std::vector<std::uint8_t> &retained, double top_share = 0.1, std::size_t threads = 0)
        : handle(made([&](crm_weighting_report **out) {
              std::vector<const char *> names;
              std::vector<const crm_loyalty_score *> handles;
              for (const auto &[name, score] : scores) {
                  names.push_back(name.c_str());
                  handles.push_back(score.get());
              }
              return crm_weighting_report_new(names.data(), handles.data(), names.size(), table.get(), retained.data(),
                                              retained.size(), top_share, threads, out);
          })) {}

    std::size_t size() const { return crm_weighting_report_length(get()); }

    crm_weighting_row row(std::size_t index) const {
        crm_weighting_row out{};
        out.struct_size = sizeof out;
        detail::check(crm_weighting_report_row(get(), index, &out));
        return out;
    }

    // Of each pair, row by row.
    std::vector<double> rank_correlation() const {
        std::vector<double> out(size() * size());
        detail::check(crm_weighting_report_rank_correlation(get(), out.data(), out.size()));
        return out;
    }
};

// Events of a points programme, a row each, in the order in which they happen; columns that are empty are not there.
struct points_events {
    std::vector<std::string> customer_ids; // the members
    std::vector<std::int64_t> event_ids;
    std::vector<std::int32_t> days;  // counted from 1970-01-01
    std::vector<std::int32_t> kinds; // crm_points_event_kind
    std::vector<std::optional<std::int64_t>> points;
    std::vector<std::optional<double>> amounts;
    std::vector<std::optional<std::int64_t>> references;
    std::vector<std::optional<std::string>> categories, tiers, others;
};

namespace detail {

// Events as C takes them; they must outlive it.
class points_batch {
public:
    explicit points_batch(const points_events &events)
        : customers_(pointers(events.customer_ids)), categories_(pointers(events.categories)),
          tiers_(pointers(events.tiers)), others_(pointers(events.others)),
          points_("points", events.customer_ids.size(), events.points),
          references_("references", events.customer_ids.size(), events.references),
          amounts_("amounts", events.customer_ids.size(), events.amounts) {
        const std::size_t rows = events.customer_ids.size();
        batch_.struct_size = sizeof batch_;
        batch_.length = rows;
        batch_.customer_id_text = customers_.data();
        batch_.event_id_int64 = of_rows("event_ids", rows, events.event_ids);
        batch_.time_days = of_rows("days", rows, events.days);
        batch_.kinds = of_rows("kinds", rows, events.kinds);
        batch_.points = points_.first(), batch_.points_valid = points_.valid();
        batch_.amount_double = amounts_.first(), batch_.amount_valid = amounts_.valid();
        batch_.reference_int64 = references_.first(), batch_.reference_valid = references_.valid();
        batch_.category = of_rows("categories", rows, categories_);
        batch_.tier = of_rows("tiers", rows, tiers_);
        batch_.other_id_text = of_rows("others", rows, others_);
    }

    points_batch(const points_batch &) = delete;
    points_batch &operator=(const points_batch &) = delete;

    const crm_points_events *get() const noexcept { return &batch_; }

private:
    // A column that is not there, or has a value for every row; C reads as many.
    template <class T> static const T *of_rows(const char *name, std::size_t rows, const std::vector<T> &values) {
        if (!values.empty() && values.size() != rows)
            throw std::invalid_argument(std::string(name) + ": another length than customer_ids");
        return values.empty() ? nullptr : values.data();
    }

    // Values and which there are.
    template <class T> class split {
    public:
        split(const char *name, std::size_t rows, const std::vector<std::optional<T>> &given) {
            of_rows(name, rows, given);
            for (const auto &one : given) {
                values_.push_back(one.value_or(T()));
                valid_.push_back(one.has_value());
            }
        }
        const T *first() const { return values_.empty() ? nullptr : values_.data(); }
        const std::uint8_t *valid() const { return valid_.empty() ? nullptr : valid_.data(); }

    private:
        std::vector<T> values_;
        std::vector<std::uint8_t> valid_;
    };

    static std::vector<const char *> pointers(const std::vector<std::string> &texts) {
        std::vector<const char *> out;
        for (const auto &text : texts) out.push_back(text.c_str());
        return out;
    }

    static std::vector<const char *> pointers(const std::vector<std::optional<std::string>> &texts) {
        std::vector<const char *> out;
        for (const auto &text : texts) out.push_back(detail::c_str(text));
        return out;
    }

    std::vector<const char *> customers_, categories_, tiers_, others_;
    split<std::int64_t> points_, references_;
    split<double> amounts_;
    crm_points_events batch_{};
};

} // namespace detail

// The rules of a points programme.
class loyalty_program : public detail::handle<crm_loyalty_program, crm_loyalty_program_free> {
public:
    using handle::handle;

    // From the JSON text of the rules; those that keep their defaults may be left out.
    static loyalty_program from_json(const std::string &rules) {
        return loyalty_program(
            made([&](crm_loyalty_program **out) { return crm_loyalty_program_from_json(rules.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_loyalty_program_to_json(get(), &out));
        return detail::text_of(out);
    }

    // The first instant of a day in the programme's zone, in microseconds.
    std::int64_t start_of(std::int32_t day) const {
        std::int64_t out = 0;
        detail::check(crm_loyalty_program_start_of(get(), day, &out));
        return out;
    }
};

// Postings, in the order in which they were made.
class points_entries : public detail::handle<crm_points_entries, crm_points_entries_free> {
public:
    using handle::handle;

    std::size_t size() const noexcept { return crm_points_entries_length(get()); }

    std::vector<std::int64_t> column(crm_points_entry_column which) const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_points_entries_column(get(), which, out.data(), out.size()));
        return out;
    }

    // Integer ids.
    std::vector<std::int64_t> ids(crm_points_entry_id which) const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_points_entries_ids_int64(get(), which, out.data(), out.size()));
        return out;
    }

    // The text id of a posting.
    std::string id(crm_points_entry_id which, std::size_t index) const {
        const char *text = nullptr;
        std::size_t length = 0;
        detail::check(crm_points_entries_id_text(get(), which, index, &text, &length));
        return std::string(text, length);
    }
};

// What happened to a member in a period.
struct points_period {
    crm_points_period balances{};          // at its start and its end
    std::vector<std::int64_t> points;      // by crm_points_entry_kind, 0 for kinds without postings
    std::vector<std::size_t> postings;     // their places, in the order of time, counted over all batches
};

// The statement of a member from all of its postings so far, in microseconds from `from` on and before `until`.
inline points_period period_of(const std::vector<const points_entries *> &entries, const std::string &customer,
                               std::int64_t from, std::int64_t until) {
    std::vector<const crm_points_entries *> batches;
    for (const auto *batch : entries) batches.push_back(batch->get());
    points_period out;
    out.balances.struct_size = sizeof out.balances;
    out.points.resize(CRM_POINTS_ENTRY_KIND_DEBT_RECEIVED + 1);
    const auto ask = [&](std::size_t *places, std::size_t capacity) {
        detail::check(crm_points_entries_period(batches.data(), batches.size(), 0, customer.c_str(), from, until,
                                                &out.balances, out.points.data(), out.points.size(), places, capacity));
    };
    ask(nullptr, 0);
    out.postings.resize(out.balances.postings);
    ask(out.postings.data(), out.postings.size());
    return out;
}

// What a member has.
class points_statement : public detail::handle<crm_points_statement, crm_points_statement_free> {
public:
    using handle::handle;

    crm_points_summary summary() const {
        crm_points_summary out{};
        out.struct_size = sizeof out;
        detail::check(crm_points_statement_summary(get(), &out));
        return out;
    }

    std::vector<std::int64_t> lots(crm_points_lot_column which) const {
        std::vector<std::int64_t> out(summary().lots);
        detail::check(crm_points_statement_lots(get(), which, out.data(), out.size()));
        return out;
    }
};

// The liability for points, a row a month of earning.
class points_liability : public detail::handle<crm_points_liability, crm_points_liability_free> {
public:
    using handle::handle;

    double breakage() const noexcept { return crm_points_liability_breakage(get()); }

    std::vector<std::int64_t> column(crm_points_liability_column which) const {
        std::vector<std::int64_t> out(crm_points_liability_length(get()));
        detail::check(crm_points_liability_values(get(), which, out.data(), out.size()));
        return out;
    }

    // What is still deferred of the amounts allocated to the points of each month, in micro-units.
    std::vector<std::int64_t> deferred(const std::vector<std::int64_t> &allocated_micros) const {
        std::vector<std::int64_t> out(allocated_micros.size());
        detail::check(crm_points_liability_deferred(get(), allocated_micros.data(), out.data(), out.size()));
        return out;
    }
};

// The points of many members: events in, postings out. Copies share the ledger.
class points_ledger : public detail::handle<crm_points_ledger, crm_points_ledger_free> {
public:
    using handle::handle;

    explicit points_ledger(const loyalty_program &program)
        : handle(made([&](crm_points_ledger **out) { return crm_points_ledger_new(program.get(), out); })) {}

    static points_ledger from_bytes(const std::vector<std::uint8_t> &bytes) {
        return points_ledger(made([&](crm_points_ledger **out) {
            return crm_points_ledger_from_bytes(bytes.data(), bytes.size(), out);
        }));
    }

    std::vector<std::uint8_t> to_bytes() const {
        crm_bytes *out = nullptr;
        detail::check(crm_points_ledger_to_bytes(get(), &out));
        std::unique_ptr<crm_bytes, void (*)(crm_bytes *)> bytes(out, crm_bytes_free);
        const std::uint8_t *first = crm_bytes_data(bytes.get());
        return std::vector<std::uint8_t>(first, first + crm_bytes_length(bytes.get()));
    }

    std::size_t size() const noexcept { return crm_points_ledger_length(get()); }
    std::uint64_t rows() const noexcept { return crm_points_ledger_rows(get()); }
    void verify() const { detail::check(crm_points_ledger_verify(get())); }
    // Threads that run a batch, 0 for all there are; what comes out does not depend on them.
    void set_threads(std::size_t threads) { detail::check(crm_points_ledger_set_threads(get(), threads)); }

    // All events, or none if one is refused.
    points_entries apply(const points_events &events) {
        const detail::points_batch batch(events);
        return points_entries(detail::made<crm_points_entries>(
            [&](crm_points_entries **out) { return crm_points_ledger_apply(get(), batch.get(), out); }));
    }

    // Lets time pass for every member up to an instant.
    points_entries advance(std::int64_t to) {
        return points_entries(detail::made<crm_points_entries>(
            [&](crm_points_entries **out) { return crm_points_ledger_advance(get(), to, out); }));
    }

    std::vector<std::int64_t> balances(std::int64_t as_of, crm_points_balance_column which) const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_points_ledger_balances(get(), as_of, which, out.data(), out.size()));
        return out;
    }

    points_statement statement(const std::string &customer, std::int64_t as_of) const {
        return points_statement(detail::made<crm_points_statement>([&](crm_points_statement **out) {
            return crm_points_ledger_statement(get(), 0, customer.c_str(), as_of, out);
        }));
    }

    // A share of breakage in millionths, or that of the matured months.
    points_liability liability(std::int64_t as_of, std::int64_t value_per_point_micros,
                               std::optional<std::int64_t> breakage_micros = std::nullopt) const {
        return points_liability(detail::made<crm_points_liability>([&](crm_points_liability **out) {
            return crm_points_ledger_liability(get(), as_of, value_per_point_micros, breakage_micros.value_or(-1), out);
        }));
    }
};

// Tiers, rewards and simulation.

class tier_changes : public detail::handle<crm_tier_changes, crm_tier_changes_free> {
public:
    using handle::handle;

    std::size_t size() const noexcept { return crm_tier_changes_length(get()); }

    std::vector<std::int64_t> column(crm_tier_change_column which) const {
        std::vector<std::int64_t> out(size());
        detail::check(crm_tier_changes_column(get(), which, out.data(), out.size()));
        return out;
    }
};

class tier_standings : public detail::handle<crm_tier_standings, crm_tier_standings_free> {
public:
    tier_standings(crm_tier_standings *standings, std::size_t members) : handle(standings), members_(members) {}

    std::vector<std::int64_t> column(crm_tier_standing_column which) const {
        std::vector<std::int64_t> out(members_);
        detail::check(crm_tier_standings_column(get(), which, out.data(), out.size()));
        return out;
    }

    // What is missing of a measure alone; NaN where it alone cannot do it.
    std::vector<double> to_keep(crm_tier_measure measure) const { return missing(crm_tier_standings_to_keep, measure); }
    std::vector<double> to_next(crm_tier_measure measure) const { return missing(crm_tier_standings_to_next, measure); }

private:
    template <class Copy> std::vector<double> missing(Copy copy, crm_tier_measure measure) const {
        std::vector<double> out(members_);
        detail::check(copy(get(), measure, out.data(), out.size()));
        return out;
    }

    std::size_t members_;
};

// Members under tier rules. One thread at a time may change it.
class tier_roster : public detail::handle<crm_tier_roster, crm_tier_roster_free> {
public:
    using handle::handle;

    // From the JSON text of rules, or of a roster.
    explicit tier_roster(const std::string &json)
        : handle(made([&](crm_tier_roster **out) { return crm_tier_roster_from_json(json.c_str(), out); })) {}

    std::size_t size() const noexcept { return crm_tier_roster_length(get()); }

    void join(const std::vector<std::string> &ids, const std::vector<std::int32_t> &joined) {
        if (joined.size() != ids.size()) throw std::invalid_argument("joined: another length than ids");
        const auto names = pointers(ids);
        const crm_ids column{nullptr, names.data(), names.size()};
        detail::check(crm_tier_roster_join(get(), &column, joined.data()));
    }

    // Qualifying points that come on top.
    tier_changes qualify(const std::vector<std::string> &ids, const std::vector<std::int32_t> &days,
                         const std::vector<std::int64_t> &qualifying_points) {
        if (days.size() != ids.size() || qualifying_points.size() != ids.size())
            throw std::invalid_argument("days, qualifying_points: another length than ids");
        const auto names = pointers(ids);
        const crm_ids column{nullptr, names.data(), names.size()};
        crm_tier_rows rows{};
        detail::check(crm_tier_rows_init(&rows, sizeof rows));
        rows.ids = &column;
        rows.days = days.data();
        rows.qualifying_points = qualifying_points.data();
        return qualify(rows);
    }

    // Any measures.
    tier_changes qualify(const crm_tier_rows &rows) {
        return tier_changes(detail::made<crm_tier_changes>(
            [&](crm_tier_changes **out) { return crm_tier_roster_qualify(get(), &rows, out); }));
    }

    // From its day on each member has at least, or exactly, a tier by its name, none without one; `until` are the first
    // days without the holds, none for a hold without end.
    tier_changes hold(const std::vector<std::string> &ids, const std::vector<std::int32_t> &days,
                      const std::vector<std::optional<std::string>> &tiers, crm_tier_hold_kind kind,
                      const std::vector<std::optional<std::int32_t>> &until) {
        if (days.size() != ids.size() || tiers.size() != ids.size() || until.size() != ids.size())
            throw std::invalid_argument("days, tiers, until: another length than ids");
        const auto names = pointers(ids);
        const crm_ids column{nullptr, names.data(), names.size()};
        std::vector<const char *> wanted;
        for (const auto &tier : tiers) wanted.push_back(detail::c_str(tier));
        std::vector<std::int32_t> ends;
        for (const auto &end : until) ends.push_back(end.value_or(INT32_MIN));
        return tier_changes(detail::made<crm_tier_changes>([&](crm_tier_changes **out) {
            return crm_tier_roster_hold(get(), &column, days.data(), wanted.data(), kind, ends.data(), out);
        }));
    }

    // Releases holds; members without one stay as they are.
    tier_changes release(const std::vector<std::string> &ids, const std::vector<std::int32_t> &days) {
        if (days.size() != ids.size()) throw std::invalid_argument("days: another length than ids");
        const auto names = pointers(ids);
        const crm_ids column{nullptr, names.data(), names.size()};
        return tier_changes(detail::made<crm_tier_changes>(
            [&](crm_tier_changes **out) { return crm_tier_roster_release(get(), &column, days.data(), out); }));
    }

    tier_changes advance(std::int32_t day) {
        return tier_changes(detail::made<crm_tier_changes>(
            [&](crm_tier_changes **out) { return crm_tier_roster_advance(get(), day, out); }));
    }

    tier_standings standings(std::int32_t day) const {
        return tier_standings(detail::made<crm_tier_standings>([&](crm_tier_standings **out) {
                                  return crm_tier_roster_standings(get(), day, out);
                              }),
                              size());
    }

private:
    static std::vector<const char *> pointers(const std::vector<std::string> &texts) {
        std::vector<const char *> out;
        for (const auto &text : texts) out.push_back(text.c_str());
        return out;
    }
};

class reward_catalogue : public detail::handle<crm_reward_catalogue, crm_reward_catalogue_free> {
public:
    using handle::handle;

    explicit reward_catalogue(const std::string &json)
        : handle(made([&](crm_reward_catalogue **out) { return crm_reward_catalogue_from_json(json.c_str(), out); })) {}

    std::size_t size() const noexcept { return crm_reward_catalogue_length(get()); }

    // Sets of crm_reward_obstacle, member by member.
    std::vector<std::uint32_t> eligibility(const crm_reward_members &members, std::int32_t day) const {
        std::vector<std::uint32_t> out(members.length * size());
        detail::check(crm_reward_eligibility(get(), &members, nullptr, day, out.data(), out.size()));
        return out;
    }
};

// Scores as they were observed, a row a customer and day.
struct score_observations {
    std::vector<std::string> customer_ids;
    std::vector<std::int32_t> days; // counted from 1970-01-01
    std::vector<double> scores;
};

// One set of rules: those of points, and tier rules as JSON text if tiers follow from rules.
struct simulated_rules {
    const loyalty_program &program;
    std::optional<std::string> tiers;
};

// Options of a simulation with their defaults, to be changed where they differ.
inline crm_simulation_options simulation_options(std::int64_t as_of) {
    crm_simulation_options out;
    detail::check(crm_simulation_options_init(&out, sizeof out));
    out.as_of = as_of;
    return out;
}

// The same history under two sets of rules; behaviour is held fixed.
class program_simulation : public detail::handle<crm_program_simulation, crm_program_simulation_free> {
public:
    using handle::handle;

    program_simulation(const points_events &events, const simulated_rules &before, const simulated_rules &after,
                       const crm_simulation_options &options, const score_observations &scores = {})
        : handle(made([&](crm_program_simulation **out) {
              if (scores.days.size() != scores.customer_ids.size() || scores.scores.size() != scores.customer_ids.size())
                  throw std::invalid_argument("scores: columns of different lengths");
              std::vector<const char *> names;
              for (const auto &id : scores.customer_ids) names.push_back(id.c_str());
              const crm_ids ids{nullptr, names.data(), names.size()};
              crm_score_observations observed{};
              observed.struct_size = sizeof observed;
              observed.ids = &ids, observed.days = scores.days.data(), observed.scores = scores.scores.data();
              return crm_program_simulation_run(detail::points_batch(events).get(), names.empty() ? nullptr : &observed,
                                                before.program.get(), detail::c_str(before.tiers), after.program.get(),
                                                detail::c_str(after.tiers), &options, out);
          })) {}

    // What the numbers mean and do not mean.
    static std::string statement() { return crm_program_simulation_statement(); }

    std::size_t members() const noexcept { return crm_program_simulation_members(get()); }

    // Members by the tier before (rows) and after (columns), those in no tier first.
    std::vector<std::uint64_t> migration() const {
        std::vector<std::uint64_t> out((side(false).tiers + 1) * (side(true).tiers + 1));
        detail::check(crm_program_simulation_migration(get(), out.data(), out.size()));
        return out;
    }

    crm_simulated_program side(bool after) const {
        crm_simulated_program out{};
        out.struct_size = sizeof out;
        detail::check(crm_program_simulation_side(get(), after, &out));
        return out;
    }

    crm_winners_and_losers gains(bool by_points) const {
        crm_winners_and_losers out{};
        detail::check(crm_program_simulation_gains(get(), by_points, &out));
        return out;
    }

    std::vector<std::int64_t> column(crm_simulated_member_column which) const {
        std::vector<std::int64_t> out(crm_program_simulation_members(get()));
        detail::check(crm_program_simulation_column(get(), which, out.data(), out.size()));
        return out;
    }
};

// Arms of means: statistics of several columns, and the arms of all groups of a table.

// Columns of rows, of equal length; those that are empty are not there.
struct measures {
    std::vector<double> value;
    std::vector<double> denominator = {};
    std::vector<std::vector<double>> covariates = {};
};

namespace detail {

// Measures as C sees them, for as long as both objects live.
class measures_view {
public:
    explicit measures_view(const measures &from) {
        view_.struct_size = sizeof view_;
        view_.rows = from.value.size();
        view_.value = from.value.data();
        if (!from.denominator.empty()) {
            same_length("denominator", from.denominator.size(), view_.rows);
            view_.denominator = from.denominator.data();
        }
        for (const std::vector<double> &covariate : from.covariates) {
            same_length("covariates", covariate.size(), view_.rows);
            covariates_.push_back(covariate.data());
        }
        view_.covariates = covariates_.data();
        view_.covariate_count = covariates_.size();
    }
    measures_view(const measures_view &) = delete;
    measures_view &operator=(const measures_view &) = delete;
    const crm_measures *get() const noexcept { return &view_; }

private:
    std::vector<const double *> covariates_;
    crm_measures view_{};
};

// A struct that C fills.
template <class T, class Call> T filled(Call call) {
    T out{};
    out.struct_size = sizeof out;
    check(call(&out));
    return out;
}

} // namespace detail

// Count, means and products of deviations of several columns.
class joint_arm : public detail::handle<crm_joint_arm, crm_joint_arm_free> {
public:
    using handle::handle;

    explicit joint_arm(const measures &columns)
        : handle(made([&](crm_joint_arm **out) {
              return crm_joint_arm_from_measures(detail::measures_view(columns).get(), out);
          })) {}

    // The arm of columns whose value has its extremes moved.
    joint_arm(const measures &columns, const crm_winsor &winsor)
        : handle(made([&](crm_joint_arm **out) {
              return crm_winsor_joint_arm(&winsor, detail::measures_view(columns).get(), out);
          })) {}

    // Covariances row by row.
    static joint_arm from_moments(bool has_denominator, std::uint64_t count, const std::vector<double> &means,
                                  const std::vector<double> &covariances) {
        detail::same_length("covariances", covariances.size(), means.size() * means.size());
        return joint_arm(made([&](crm_joint_arm **out) {
            return crm_joint_arm_from_moments(has_denominator, count, means.data(), covariances.data(), means.size(), out);
        }));
    }

    static joint_arm from_json(const std::string &json) {
        return joint_arm(made([&](crm_joint_arm **out) { return crm_joint_arm_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_joint_arm_to_json(get(), &out));
        return detail::text_of(out);
    }

    joint_arm merge(const joint_arm &other) const {
        return joint_arm(made([&](crm_joint_arm **out) { return crm_joint_arm_merge(get(), other.get(), out); }));
    }

    // 0 is the value, then the denominator if there is one, then covariates.
    crm_mean_arm column(std::size_t place) const {
        crm_mean_arm out{};
        detail::check(crm_joint_arm_column(get(), place, &out));
        return out;
    }

    double covariance(std::size_t first, std::size_t second) const {
        double out = 0.0;
        detail::check(crm_joint_arm_covariance(get(), first, second, &out));
        return out;
    }
};

// The arms of all groups of a table of rows.
class arm_table : public detail::handle<crm_arm_table, crm_arm_table_free> {
public:
    using handle::handle;

    // Without strata if `stratum` is empty.
    arm_table(const measures &columns, const std::vector<std::int64_t> &arm, const std::vector<std::int64_t> &stratum = {},
              std::size_t threads = 0)
        : handle(made([&](crm_arm_table **out) {
              detail::same_length("arm", arm.size(), columns.value.size());
              if (!stratum.empty()) detail::same_length("stratum", stratum.size(), columns.value.size());
              return crm_arm_table_from_rows(detail::measures_view(columns).get(), arm.data(),
                                             stratum.empty() ? nullptr : stratum.data(), threads, out);
          })) {}

    // The stream is released, whether the call succeeds or throws.
    static arm_table from_arrow_stream(ArrowArrayStream *stream, const crm_arm_columns &names, std::size_t threads = 0) {
        return arm_table(
            made([&](crm_arm_table **out) { return crm_arm_table_from_arrow(stream, &names, threads, out); }));
    }

    static arm_table from_json(const std::string &json) {
        return arm_table(made([&](crm_arm_table **out) { return crm_arm_table_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_arm_table_to_json(get(), &out));
        return detail::text_of(out);
    }

    arm_table merge(const arm_table &other) const {
        return arm_table(made([&](crm_arm_table **out) { return crm_arm_table_merge(get(), other.get(), out); }));
    }

    // Ascending; integers as digits.
    std::vector<std::string> labels() const {
        return detail::names(crm_arm_table_arm_count(get()),
                             [&](std::size_t index) { return crm_arm_table_label(get(), index); });
    }

    std::vector<std::string> strata() const {
        return detail::names(crm_arm_table_stratum_count(get()),
                             [&](std::size_t index) { return crm_arm_table_stratum(get(), index); });
    }

    // Over all strata, by its place.
    joint_arm arm(std::size_t index) const {
        return joint_arm(
            detail::made<crm_joint_arm>([&](crm_joint_arm **out) { return crm_arm_table_arm(get(), index, out); }));
    }

    // Of the value in one stratum; 0 for a table without strata.
    crm_mean_arm value(std::size_t index, std::size_t stratum = 0) const {
        crm_mean_arm out{};
        detail::check(crm_arm_table_value(get(), index, stratum, &out));
        return out;
    }
};

// Campaigns: select, split, measure.

// Customers, or texts of a column; an empty text is missing.
class id_column {
public:
    id_column(std::vector<std::int64_t> integers) : integers_(std::move(integers)) { // NOLINT: meant to convert
        view_ = {integers_.data(), nullptr, integers_.size()};
    }
    id_column(std::vector<std::string> texts) : texts_(std::move(texts)) { // NOLINT: meant to convert
        for (const std::string &text : texts_) pointers_.push_back(text.c_str());
        view_ = {nullptr, pointers_.data(), pointers_.size()};
    }
    // It points into itself.
    id_column(const id_column &) = delete;
    id_column &operator=(const id_column &) = delete;

    const crm_ids *get() const noexcept { return &view_; }
    std::size_t size() const noexcept { return view_.length; }

private:
    std::vector<std::int64_t> integers_;
    std::vector<std::string> texts_;
    std::vector<const char *> pointers_;
    crm_ids view_{};
};

// An arm of a campaign; of equal weights unless said otherwise.
struct campaign_arm {
    std::string name;
    double weight = 1.0;
    bool control = false;
};

// What contacting an arm costs; without a name every arm.
struct arm_cost {
    std::optional<std::string> arm = std::nullopt;
    double fixed = 0.0, per_contact = 0.0, per_response = 0.0;
    double margin = 1.0;
};

namespace detail {

inline std::vector<crm_arm> views(const std::vector<campaign_arm> &arms) {
    std::vector<crm_arm> out;
    for (const campaign_arm &arm : arms) out.push_back({arm.name.c_str(), arm.weight, arm.control, 0});
    return out;
}

} // namespace detail

// Customers with what rules ask for. One thread at a time may add to it.
class target_table : public detail::handle<crm_target_table, crm_target_table_free> {
public:
    explicit target_table(const id_column &ids)
        : handle(made([&](crm_target_table **out) { return crm_target_table_new(ids.get(), out); })) {}

    target_table &add_numbers(const std::string &name, const std::vector<double> &values) {
        detail::check(crm_target_table_add_numbers(get(), name.c_str(), values.data(), values.size()));
        return *this;
    }

    target_table &add_texts(const std::string &name, const std::vector<std::string> &texts) {
        detail::check(crm_target_table_add_texts(get(), name.c_str(), id_column(texts).get()));
        return *this;
    }

    std::size_t rows() const { return crm_target_table_rows(get()); }
};

// Who was selected, and why the others were not.
class selected : public detail::handle<crm_selected, crm_selected_free> {
public:
    using handle::handle;

    std::size_t customers() const { return static_cast<std::size_t>(crm_selected_customers(get())); }
    std::size_t size() const { return static_cast<std::size_t>(crm_selected_count(get())); }

    // Best first.
    std::vector<std::uint32_t> rows() const {
        std::vector<std::uint32_t> out(size());
        detail::check(crm_selected_rows(get(), out.data(), out.size()));
        return out;
    }

    // For each customer the index of a reason, -1 for one who is selected.
    std::vector<std::int32_t> first_reasons() const {
        std::vector<std::int32_t> out(customers());
        detail::check(crm_selected_first_reasons(get(), out.data(), out.size()));
        return out;
    }

    // For each customer all reasons, bit k for that of index k.
    std::vector<std::uint64_t> reason_bits() const {
        std::vector<std::uint64_t> out(customers());
        detail::check(crm_selected_reason_bits(get(), out.data(), out.size()));
        return out;
    }

    std::size_t reason_count() const { return crm_selected_reason_count(get()); }

    // Its name belongs to this object.
    crm_reason reason(std::size_t index) const {
        return detail::filled<crm_reason>([&](crm_reason *out) { return crm_selected_reason(get(), index, out); });
    }
};

// Whom to write to. One thread at a time may add to it; copies share the plan.
class selection : public detail::handle<crm_selection, crm_selection_free> {
public:
    selection() : handle(made([](crm_selection **out) { return crm_selection_new(out); })) {}

    // A rule as JSON text.
    selection &rule(const std::string &name, const std::string &json) {
        return done(crm_selection_add_rule(get(), name.c_str(), json.c_str()));
    }
    selection &opted_in(const std::string &name, const std::string &column) {
        return done(crm_selection_add_opted_in(get(), name.c_str(), column.c_str()));
    }
    selection &not_opted_out(const std::string &name, const std::string &column) {
        return done(crm_selection_add_not_opted_out(get(), name.c_str(), column.c_str()));
    }
    selection &do_not_contact(const std::string &name, const id_column &ids) {
        return done(crm_selection_add_do_not_contact(get(), name.c_str(), ids.get()));
    }
    selection &not_in_campaign(const std::string &name, const id_column &ids) {
        return done(crm_selection_add_not_in_campaign(get(), name.c_str(), ids.get()));
    }
    // Contacts, a row each, of which there may be fewer than `at_most` within the last days.
    selection &contact_limit(const std::string &name, const id_column &ids, const std::vector<std::int32_t> &days,
                             std::int32_t as_of, std::uint32_t at_most, std::uint32_t within_days) {
        return done(crm_selection_add_contact_limit(get(), name.c_str(), ids.get(), days.data(), days.size(), as_of, at_most,
                                                    within_days));
    }
    selection &holdout(const std::string &name, const std::string &salt, double share) {
        return done(crm_selection_add_holdout(get(), name.c_str(), salt.c_str(), share));
    }
    selection &rank_by(const std::string &column, crm_rank_order order = CRM_RANK_ORDER_DESCENDING) {
        return done(crm_selection_rank_by(get(), column.c_str(), order));
    }
    selection &ties_by_hash(const std::string &salt) { return done(crm_selection_ties_by_hash(get(), salt.c_str())); }
    selection &quota(std::uint64_t customers) { return done(crm_selection_set_quota(get(), customers)); }
    // Segments that are not named have the quota `others`, or none.
    selection &segment_quotas(const std::string &column, const std::vector<std::pair<std::string, std::uint64_t>> &quotas,
                              std::optional<std::uint64_t> others = std::nullopt) {
        std::vector<const char *> names;
        std::vector<std::uint64_t> limits;
        for (const auto &[name, limit] : quotas) {
            names.push_back(name.c_str());
            limits.push_back(limit);
        }
        const std::int64_t rest = others ? static_cast<std::int64_t>(*others) : -1;
        return done(crm_selection_set_segment_quotas(get(), column.c_str(), names.data(), limits.data(), names.size(), rest));
    }

    crm::selected select(const target_table &table) const {
        return crm::selected(detail::made<crm_selected>(
            [&](crm_selected **out) { return crm_selection_select(get(), table.get(), out); }));
    }

private:
    selection &done(crm_status status) {
        detail::check(status);
        return *this;
    }
};

// A number in [0, 1) for each id, which is the same in every language.
inline std::vector<double> buckets(const std::string &salt, const id_column &ids,
                                   crm_bucket_hash hash = CRM_BUCKET_HASH_XXH3) {
    std::vector<double> out(ids.size());
    detail::check(crm_buckets(hash, salt.c_str(), ids.get(), out.data(), out.size()));
    return out;
}

// Customers dealt to the arms of a split.
class campaign_assignment : public detail::handle<crm_assignment, crm_assignment_free> {
public:
    campaign_assignment(crm_assignment *owned, std::size_t arms) : handle(owned), arms_(arms) {}

    std::size_t size() const { return crm_assignment_length(get()); }

    // For each customer the place of an arm; below 0 for one in none, as crm_assignment_arms says.
    std::vector<std::int32_t> arms() const {
        std::vector<std::int32_t> out(size());
        detail::check(crm_assignment_arms(get(), out.data(), out.size()));
        return out;
    }

    // Customers of each arm.
    std::vector<std::uint64_t> counts() const {
        std::vector<std::uint64_t> out(arms_);
        detail::check(crm_assignment_counts(get(), out.data(), out.size()));
        return out;
    }

private:
    std::size_t arms_;
};

// How customers are dealt to arms, by a keyed hash. One thread at a time may change it; copies share it.
class campaign_split : public detail::handle<crm_campaign_split, crm_campaign_split_free> {
public:
    using handle::handle;

    campaign_split(const std::string &salt, const std::vector<campaign_arm> &arms)
        : handle(made([&](crm_campaign_split **out) {
              const std::vector<crm_arm> given = detail::views(arms);
              return crm_campaign_split_new(salt.c_str(), given.data(), given.size(), out);
          })) {}

    static campaign_split from_json(const std::string &json) {
        return campaign_split(
            made([&](crm_campaign_split **out) { return crm_campaign_split_from_json(json.c_str(), out); }));
    }

    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_campaign_split_to_json(get(), &out));
        return detail::text_of(out);
    }

    campaign_split &hash(crm_bucket_hash hash) { return done(crm_campaign_split_set_hash(get(), hash)); }
    campaign_split &coverage(double coverage) { return done(crm_campaign_split_set_coverage(get(), coverage)); }
    campaign_split &shares(const std::vector<double> &shares) {
        return done(crm_campaign_split_set_shares(get(), shares.data(), shares.size()));
    }
    campaign_split &holdout(const std::string &salt, double share) {
        return done(crm_campaign_split_add_holdout(get(), salt.c_str(), share));
    }
    // The campaign's part of a namespace that several campaigns share.
    campaign_split &name_space(const std::string &salt, double from, double to) {
        return done(crm_campaign_split_set_namespace(get(), salt.c_str(), from, to));
    }

    std::size_t size() const { return crm_campaign_split_arm_count(get()); }

    std::vector<double> shares() const {
        std::vector<double> out(size());
        detail::check(crm_campaign_split_shares(get(), out.data(), out.size()));
        return out;
    }

    campaign_assignment assign(const id_column &ids) const {
        return {detail::made<crm_assignment>(
                    [&](crm_assignment **out) { return crm_campaign_split_assign(get(), ids.get(), out); }),
                size()};
    }

    // Within strata of the columns.
    campaign_assignment assign(const target_table &table, const std::vector<std::string> &columns) const {
        const std::vector<const char *> names = detail::views(columns);
        return {detail::made<crm_assignment>([&](crm_assignment **out) {
                    return crm_campaign_split_assign_stratified(get(), table.get(), names.data(), names.size(), out);
                }),
                size()};
    }

private:
    campaign_split &done(crm_status status) {
        detail::check(status);
        return *this;
    }
};

// What a campaign brought. Names in its structs belong to this object.
class campaign_report : public detail::handle<crm_campaign_report, crm_campaign_report_free> {
public:
    using handle::handle;

    crm_campaign_summary summary() const {
        return detail::filled<crm_campaign_summary>(
            [&](crm_campaign_summary *out) { return crm_campaign_report_summary(get(), out); });
    }
    crm_arm_summary arm(std::size_t index) const {
        return detail::filled<crm_arm_summary>(
            [&](crm_arm_summary *out) { return crm_campaign_report_arm(get(), index, out); });
    }
    crm_campaign_effect effect(std::size_t index) const {
        return detail::filled<crm_campaign_effect>(
            [&](crm_campaign_effect *out) { return crm_campaign_report_effect(get(), index, out); });
    }
    crm_test_result effect_result(std::size_t index) const {
        return detail::filled<crm_test_result>(
            [&](crm_test_result *out) { return crm_campaign_report_effect_result(get(), index, out); });
    }
    crm_arm_return arm_return(std::size_t index) const {
        return detail::filled<crm_arm_return>(
            [&](crm_arm_return *out) { return crm_campaign_report_return(get(), index, out); });
    }
    std::string to_json() const {
        crm_bytes *out = nullptr;
        detail::check(crm_campaign_report_to_json(get(), &out));
        return detail::text_of(out);
    }
};

// Whether the arms were alike before. Names in its structs belong to this object.
class campaign_split_balance : public detail::handle<crm_campaign_split_balance, crm_campaign_split_balance_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_campaign_split_balance_count(get()); }
    double sample_ratio_p_value() const { return crm_campaign_split_balance_sample_ratio_p_value(get()); }
    crm_balance_row row(std::size_t index) const {
        return detail::filled<crm_balance_row>(
            [&](crm_balance_row *out) { return crm_campaign_split_balance_row(get(), index, out); });
    }
    crm_test_result result(std::size_t index) const {
        return detail::filled<crm_test_result>(
            [&](crm_test_result *out) { return crm_campaign_split_balance_result(get(), index, out); });
    }
};

inline crm_measure_options measure_options() {
    crm_measure_options options{};
    detail::check(crm_measure_options_init(&options, sizeof options));
    return options;
}

// What customers of a campaign did. One thread at a time may add to it; copies share it.
class campaign_outcomes : public detail::handle<crm_campaign_outcomes, crm_campaign_outcomes_free> {
public:
    campaign_outcomes(const id_column &arm_of_each, const std::vector<campaign_arm> &arms)
        : handle(made([&](crm_campaign_outcomes **out) {
              const std::vector<crm_arm> given = detail::views(arms);
              return crm_campaign_outcomes_new(arm_of_each.get(), given.data(), given.size(), out);
          })) {}

    explicit campaign_outcomes(const campaign_assignment &of)
        : handle(made([&](crm_campaign_outcomes **out) { return crm_campaign_outcomes_from_assignment(of.get(), out); })) {}

    campaign_outcomes &metric(crm_campaign_metric metric, const std::vector<double> &values) {
        return done(crm_campaign_outcomes_add_metric(get(), metric, values.data(), values.size()));
    }
    campaign_outcomes &covariate(const std::vector<double> &values) {
        return done(crm_campaign_outcomes_add_covariate(get(), values.data(), values.size()));
    }
    campaign_outcomes &groups(const std::string &name, const std::vector<std::string> &texts) {
        return done(crm_campaign_outcomes_add_groups(get(), name.c_str(), id_column(texts).get()));
    }
    campaign_outcomes &before(const std::string &name, const std::vector<double> &values) {
        return done(crm_campaign_outcomes_add_before(get(), name.c_str(), values.data(), values.size()));
    }

    campaign_report measure(const std::vector<arm_cost> &costs = {},
                            const crm_measure_options &options = measure_options()) const {
        std::vector<crm_arm_cost> given;
        for (const arm_cost &cost : costs)
            given.push_back({detail::c_str(cost.arm), cost.fixed, cost.per_contact, cost.per_response, cost.margin});
        return campaign_report(detail::made<crm_campaign_report>([&](crm_campaign_report **out) {
            return crm_campaign_outcomes_measure(get(), &options, given.data(), given.size(), out);
        }));
    }

    campaign_split_balance balance(double alpha = 0.05,
                                   crm_multiplicity_method multiplicity = CRM_MULTIPLICITY_METHOD_HOLM) const {
        return campaign_split_balance(detail::made<crm_campaign_split_balance>([&](crm_campaign_split_balance **out) {
            return crm_campaign_outcomes_balance(get(), alpha, multiplicity, out);
        }));
    }

private:
    campaign_outcomes &done(crm_status status) {
        detail::check(status);
        return *this;
    }
};

// Bands of customers by their score, best first.
class uplift_bands : public detail::handle<crm_uplift_bands, crm_uplift_bands_free> {
public:
    using handle::handle;

    std::size_t size() const { return crm_uplift_bands_count(get()); }
    crm_uplift_band band(std::size_t index) const {
        return detail::filled<crm_uplift_band>(
            [&](crm_uplift_band *out) { return crm_uplift_bands_band(get(), index, out); });
    }
    crm_test_result result(std::size_t index) const {
        return detail::filled<crm_test_result>(
            [&](crm_test_result *out) { return crm_uplift_bands_result(get(), index, out); });
    }
};

// Whether a score finds those whom a campaign moves.
class uplift_curve : public detail::handle<crm_uplift_curve, crm_uplift_curve_free> {
public:
    // `target` is not 0 for those who were written to.
    uplift_curve(const std::vector<double> &score, const std::vector<std::uint8_t> &target, const std::vector<double> &outcome)
        : handle(made([&](crm_uplift_curve **out) {
              detail::same_length("target", target.size(), score.size());
              detail::same_length("outcome", outcome.size(), score.size());
              return crm_uplift_curve_new(score.data(), target.data(), outcome.data(), score.size(), out);
          })) {}

    std::size_t size() const { return crm_uplift_curve_length(get()); }

    std::vector<std::uint64_t> customers() const {
        std::vector<std::uint64_t> out(size());
        detail::check(crm_uplift_curve_customers(get(), out.data(), out.size()));
        return out;
    }
    std::vector<double> heights(crm_uplift_curve_kind kind) const {
        std::vector<double> out(size());
        detail::check(crm_uplift_curve_heights(get(), kind, out.data(), out.size()));
        return out;
    }
    crm_uplift_score score(crm_uplift_curve_kind kind, crm_uplift_scale scale) const {
        return detail::filled<crm_uplift_score>(
            [&](crm_uplift_score *out) { return crm_uplift_curve_score(get(), kind, scale, out); });
    }
    // By the bootstrap.
    crm_uplift_interval interval(crm_uplift_curve_kind kind, crm_uplift_scale scale, double alpha, std::uint64_t replicates,
                                 std::uint64_t seed, std::size_t threads = 0) const {
        return detail::filled<crm_uplift_interval>([&](crm_uplift_interval *out) {
            return crm_uplift_curve_interval(get(), kind, scale, alpha, replicates, seed, threads, out);
        });
    }
    crm_test_result top(double share, crm_top_share of = CRM_TOP_SHARE_EVERYBODY,
                        const crm_test_options *options = nullptr) const {
        return detail::filled<crm_test_result>(
            [&](crm_test_result *out) { return crm_uplift_curve_top(get(), share, of, options, out); });
    }
    uplift_bands bands(std::size_t count, const crm_test_options *options = nullptr) const {
        return uplift_bands(detail::made<crm_uplift_bands>(
            [&](crm_uplift_bands **out) { return crm_uplift_curve_bands(get(), count, options, out); }));
    }
};

} // namespace crm

#endif // CRM_HPP
