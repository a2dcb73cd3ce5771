// crm: customer analytics as an embeddable engine, for C++17. A thin layer over crm.h: handles that free themselves,
// errors as exceptions, vectors in and out. What a function does, and how it fails, is said at the function of crm.h.
//
// Objects can be moved, and copies share the handle; they are immutable but for crm::history_builder, so that threads may
// share them.
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

} // namespace crm

#endif // CRM_HPP
