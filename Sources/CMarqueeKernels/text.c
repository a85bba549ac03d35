#include "ids.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

void mq_text_count(const char *text, size_t from, size_t to, uint64_t *newlines, uint64_t *quotes) {
    uint64_t n = 0, q = 0;
    size_t i = from;
    /* In blocks whose counts fit a byte a lane, which compilers turn into vector code. */
    while (i < to) {
        size_t stop = to - i > 4096 ? i + 4096 : to;
        uint32_t bn = 0, bq = 0;
        for (; i < stop; i++) {
            bn += text[i] == '\n';
            bq += text[i] == '"';
        }
        n += bn;
        q += bq;
    }
    *newlines = n;
    *quotes = q;
}

uint64_t mq_text_count_rows(const char *text, size_t from, size_t to, int inside) {
    uint64_t rows = 0;
    for (size_t i = from; i < to; i++) {
        if (text[i] == '"')
            inside = !inside;
        else if (text[i] == '\n' && !inside)
            rows++;
    }
    return rows;
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Eight digits at once, by three multiplications that each join neighbors (Lemire 2018,
   "Quickly parsing eight digits"); 0 where they are not eight. */
static inline int eight_digits(const char *p, uint64_t *value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    memcpy(&word, p, 8);
    if (((word & 0xF0F0F0F0F0F0F0F0ull) | (((word + 0x0606060606060606ull) & 0xF0F0F0F0F0F0F0F0ull) >> 4)) !=
        0x3333333333333333ull)
        return 0;
    word -= 0x3030303030303030ull;
    word = word * 10 + (word >> 8);
    *value = ((word & 0x000000FF000000FFull) * 0x000F424000000064ull +
              ((word >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull) >>
        32;
    return 1;
#else
    (void)p;
    (void)value;
    return 0;
#endif
}

/* An integer as a program would print it: no sign but '-', no leading zero; 0 where it is not one. */
static int canonical_integer(const char *p, size_t length, int64_t *value) {
    int negative = length > 1 && *p == '-';
    size_t i = (size_t)negative;
    if (length - i == 0 || length - i > 19 || (p[i] == '0' && length > 1)) return 0;
    uint64_t v = 0;
    for (; i < length; i++) {
        unsigned d = (unsigned char)p[i] - '0';
        if (d > 9) return 0;
        v = v * 10 + d; /* 19 digits fit 64 bits */
    }
    if (v > (uint64_t)INT64_MAX) return 0;
    *value = negative ? -(int64_t)v : (int64_t)v;
    return 1;
}

/* A decimal number, correctly rounded to a double. */
static int decimal(const char *p, size_t length, double *value) {
    while (length && *p == ' ') p++, length--;
    while (length && p[length - 1] == ' ') length--;
    if (length == 0) return MQ_NOT_NUMBER;
    int digits = 0, points = 0;
    size_t i = (*p == '-' || *p == '+');
    const char *word = p + i;
    size_t rest = length - i;
    if ((rest == 3 && (!strncasecmp(word, "nan", 3) || !strncasecmp(word, "inf", 3))) ||
        (rest == 8 && !strncasecmp(word, "infinity", 8)))
        return MQ_NOT_FINITE;
    for (; i < length && p[i] != 'e' && p[i] != 'E'; i++) {
        if (p[i] == '.')
            points++;
        else if ((unsigned char)p[i] - '0' <= 9u)
            digits++;
        else
            return MQ_NOT_NUMBER;
    }
    if (!digits || points > 1) return MQ_NOT_NUMBER;
    if (i < length) {
        i++;
        if (i < length && (p[i] == '-' || p[i] == '+')) i++;
        if (i == length) return MQ_NOT_NUMBER;
        for (; i < length; i++)
            if ((unsigned char)p[i] - '0' > 9u) return MQ_NOT_NUMBER;
    }
    char small[64];
    char *copy = length < sizeof small ? small : malloc(length + 1);
    if (!copy) return MQ_NO_MEMORY;
    memcpy(copy, p, length);
    copy[length] = 0;
    *value = strtod(copy, NULL);
    if (copy != small) free(copy);
    return __builtin_isfinite(*value) ? MQ_FINE : MQ_NOT_FINITE;
}

static int number(const char *p, size_t length, float *value) {
    double wide;
    int problem = decimal(p, length, &wide);
    if (problem) return problem;
    *value = (float)wide;
    return __builtin_isfinite(*value) ? MQ_FINE : MQ_NOT_FINITE;
}

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
   Algorithms", 2013). */
static int64_t civil_days(int64_t year, int month, int day) {
    year -= month <= 2;
    const int64_t era = year / 400, year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* A number of so many digits; -1 where they are not digits. */
static int fixed_digits(const char *p, const char *end, int count) {
    if (end - p < count) return -1;
    int value = 0;
    for (int i = 0; i < count; i++) {
        const unsigned d = (unsigned char)p[i] - '0';
        if (d > 9) return -1;
        value = value * 10 + (int)d;
    }
    return value;
}

int mq_iso_time(const char *text, size_t length, int64_t *milliseconds) {
    static const int days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *p = text, *end = text + length;
    while (p < end && *p == ' ') p++;
    while (end > p && end[-1] == ' ') end--;
    const int year = fixed_digits(p, end, 4);
    if (year < 1) return MQ_NOT_TIME;
    p += 4;
    const int dashes = p < end && *p == '-';
    const int month = fixed_digits(p + dashes, end, 2);
    p += dashes + 2;
    if (month < 1 || month > 12 || (dashes && (p >= end || *p++ != '-'))) return MQ_NOT_TIME;
    const int day = p < end ? fixed_digits(p, end, 2) : -1;
    const int leaps = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > days_of[month - 1] + (month == 2 && leaps)) return MQ_NOT_TIME;
    p += 2;
    int64_t time = civil_days(year, month, day) * 86400000;
    if (p < end) {
        if (*p != 'T' && *p != 't' && *p != ' ') return MQ_NOT_TIME;
        const int hour = fixed_digits(++p, end, 2);
        p += 2;
        const int colons = p < end && *p == ':';
        const int minute = hour < 0 ? -1 : fixed_digits(p + colons, end, 2);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return MQ_NOT_TIME;
        p += colons + 2;
        time += hour * 3600000 + minute * 60000;
        if (p < end && (colons ? *p == ':' : (unsigned char)*p - '0' <= 9u)) {
            const int second = fixed_digits(p += colons, end, 2);
            if (second < 0 || second > 60) return MQ_NOT_TIME; /* 60 is a leap second */
            p += 2;
            time += second * 1000;
            if (p < end && (*p == '.' || *p == ',')) {
                const char *fraction = ++p;
                for (int unit = 100; p < end && (unsigned char)*p - '0' <= 9u; p++, unit /= 10)
                    time += unit * (*p - '0');
                if (p == fraction) return MQ_NOT_TIME;
            }
        }
        if (p < end && *p == ' ') p++;
        if (end - p == 1 && (*p == 'Z' || *p == 'z'))
            p++;
        else if (end - p == 3 && (!memcmp(p, "UTC", 3) || !memcmp(p, "GMT", 3)))
            p += 3;
        else if (p < end && (*p == '+' || *p == '-')) {
            const int sign = *p++ == '-' ? 1 : -1; /* what is ahead of UTC is earlier in it */
            const int hours = fixed_digits(p, end, 2);
            int minutes = 0;
            p += 2;
            if (hours < 0 || hours > 23) return MQ_NOT_TIME;
            if (p < end) {
                p += *p == ':';
                minutes = fixed_digits(p, end, 2);
                if (minutes < 0 || minutes > 59) return MQ_NOT_TIME;
                p += 2;
            }
            time += sign * (hours * 60 + minutes) * (int64_t)60000;
        }
        if (p != end) return MQ_NOT_TIME;
    }
    if (time < 0) return MQ_NEGATIVE_TIME;
    *milliseconds = time;
    return MQ_FINE;
}

static int point_in_time(const char *p, size_t length, const mq_table_format *format, int64_t *time) {
    if (format->time_is_text) return mq_iso_time(p, length, time);
    int64_t t;
    if (!canonical_integer(p, length, &t)) {
        double wide;
        int problem = decimal(p, length, &wide);
        if (problem) return problem;
        if (wide < 0) return MQ_NEGATIVE_TIME;
        if (wide > (double)format->latest) return MQ_LATE_TIME;
        if (wide && wide < (double)format->earliest) return MQ_EARLY_TIME;
        *time = (int64_t)(wide * (double)format->time_scale / (double)format->time_divisor + 0.5);
        return MQ_FINE;
    }
    if (t < 0) return MQ_NEGATIVE_TIME;
    if (t > format->latest) return MQ_LATE_TIME;
    if (t && t < format->earliest) return MQ_EARLY_TIME;
    *time = t * format->time_scale / format->time_divisor;
    return MQ_FINE;
}

/* With `dry` an id is looked at and not added. */
static inline int32_t add_id(mq_ids *ids, const char *p, size_t length, uint64_t position, int dry, int *problem) {
    if (mq_ids_are_strings(ids)) {
        if (!length) {
            *problem = MQ_EMPTY;
            return -1;
        }
        if (dry) return 0;
        int32_t index = mq_ids_add_string(ids, p, length, position);
        if (index < 0) *problem = MQ_NO_MEMORY;
        return index;
    }
    int64_t id;
    if (!canonical_integer(p, length, &id)) {
        *problem = length ? MQ_NOT_INTEGER : MQ_EMPTY;
        return -1;
    }
    if (dry) return 0;
    int32_t index = mq_ids_add_integer(ids, id, position);
    if (index < 0) *problem = MQ_NO_MEMORY;
    return index;
}

static inline int is_blank(char c) { return c == ' ' || c == '\t'; }

/* Of ids, what stands between the blanks around them. */
static int trim(const char **p, size_t *length) {
    const size_t whole = *length;
    while (*length && is_blank(**p)) (*p)++, (*length)--;
    while (*length && is_blank((*p)[*length - 1])) (*length)--;
    return *length < whole;
}

static int store(const mq_table_format *format, const mq_columns *out, int role, const char *p, size_t length,
                 uint64_t position, int64_t row, int dry, mq_text_tally *tally) {
    int problem = MQ_FINE;
    if (role == MQ_USER || role == MQ_ITEM || role == MQ_BEHAVIOR) tally->trimmed += trim(&p, &length);
    switch (role) {
    case MQ_USER: out->user[row] = add_id(out->users, p, length, position, dry, &problem); break;
    case MQ_ITEM: out->item[row] = add_id(out->items, p, length, position, dry, &problem); break;
    case MQ_BEHAVIOR: {
        int32_t index = add_id(out->behaviors, p, length, position, dry, &problem);
        if (!problem && index > 255) problem = MQ_TOO_MANY_BEHAVIORS;
        out->behavior[row] = (uint8_t)index;
        break;
    }
    case MQ_VALUE: problem = number(p, length, &out->value[row]); break;
    case MQ_TIME: problem = point_in_time(p, length, format, &out->time[row]); break;
    default: break;
    }
    return problem;
}

static inline int at_separator(const mq_table_format *f, const char *p, const char *end) {
    return (size_t)(end - p) >= f->separator_length && memcmp(p, f->separator, f->separator_length) == 0;
}

/* Whether a field ends here, so that a string is numbered only when it is whole. */
static inline int at_field_end(const mq_table_format *f, const char *p, const char *end, int last) {
    if (!last) return at_separator(f, p, end);
    if (p < end && *p == '\r') p++;
    return p < end && *p == '\n';
}

/* The careful path: quotes, odd numbers, wrong counts. */

/* Memory for quoted fields without their doubled quotes. */
typedef struct {
    char *bytes;
    size_t size;
} scratch_buffer;

static int append(scratch_buffer *scratch, size_t used, char byte) {
    if (used == scratch->size) {
        const size_t size = scratch->size ? scratch->size * 2 : 256;
        char *grown = realloc(scratch->bytes, size);
        if (!grown) return 0;
        *scratch = (scratch_buffer){grown, size};
    }
    scratch->bytes[used] = byte;
    return 1;
}

typedef struct {
    const char *value;
    size_t length;
    const char *end; /* at the separator or the line's end */
    int last;        /* of its line */
} table_field;

/* The field at p, up to the quote that is not doubled; a problem or MQ_FINE, as below. */
static int quoted_field(const mq_table_format *f, const char *p, const char *end, scratch_buffer *scratch,
                        table_field *field) {
    size_t used = 0;
    for (p++;; p++) {
        if (p == end) return MQ_QUOTE;
        if (*p == '"') {
            if (p + 1 == end || p[1] != '"') break;
            p++;
        }
        if (!append(scratch, used++, *p)) return MQ_NO_MEMORY;
    }
    p++;
    if (p < end && *p == '\r' && (p + 1 == end || p[1] == '\n')) p++;
    *field = (table_field){scratch->bytes, used, p, p == end || *p == '\n'};
    return field->last || at_separator(f, p, end) ? MQ_FINE : MQ_QUOTE;
}

static int plain_field(const mq_table_format *f, const char *p, const char *end, table_field *field) {
    const char *value = p, first = f->separator[0];
    while (p < end && *p != '\n' && !(*p == first && at_separator(f, p, end))) {
        if (*p == '"' && f->quotes) return MQ_QUOTE;
        p++;
    }
    size_t length = (size_t)(p - value);
    const int last = p == end || *p == '\n';
    if (last && length && value[length - 1] == '\r') length--;
    *field = (table_field){value, length, p, last};
    return MQ_FINE;
}

static int is_all_blank(const table_field *field) {
    for (size_t i = 0; i < field->length; i++)
        if (!is_blank(field->value[i])) return 0;
    return 1;
}

typedef struct {
    int problem, column, found;
    int blank; /* a line without anything */
} row_outcome;

/* Returns where the next line starts, or the text's end behind a problem of its quotes or of memory. */
static const char *careful_row(const mq_table_format *f, const mq_columns *out, const char *line, int64_t row,
                               scratch_buffer *scratch, int dry, mq_text_tally *tally, row_outcome *outcome) {
    const char *end = f->text + f->end, *p = line;
    const uint64_t position = f->base + (uint64_t)(line - f->text);
    int fields = 0;
    table_field field;
    *outcome = (row_outcome){MQ_FINE, 0, 0, 0};
    for (;; p = field.end + f->separator_length) {
        const int quoted = f->quotes && p < end && *p == '"';
        const int broken = quoted ? quoted_field(f, p, end, scratch, &field) : plain_field(f, p, end, &field);
        if (broken) {
            outcome->problem = broken;
            /* Memory runs out in no column. */
            if (broken == MQ_QUOTE) outcome->column = fields;
            return end;
        }
        if (!quoted && field.last && fields == 0 && is_all_blank(&field)) {
            outcome->blank = 1;
            break;
        }
        if (!outcome->problem) {
            if (field.length && memchr(field.value, 0, field.length))
                outcome->problem = MQ_NUL;
            else if (fields < f->columns)
                outcome->problem =
                    store(f, out, f->roles[fields], field.value, field.length, position, row, dry, tally);
            if (outcome->problem) outcome->column = fields;
        }
        fields++;
        if (field.last) break;
    }
    /* A wrong count explains a wrong field, so it goes first. */
    if (!outcome->blank && fields != f->columns && outcome->problem != MQ_NO_MEMORY && outcome->problem != MQ_NUL) {
        outcome->problem = MQ_FIELD_COUNT;
        outcome->found = fields;
    }
    return field.end < end ? field.end + 1 : end;
}

/* The fast path: rows as most files have them. Each function parses the field at p and returns where it ends, NULL where
   the row needs care; what it has stored by then is stored again. Short of the text's end by MARGIN bytes a column, none
   that reads numbers need look where the text ends. */

#define INLINE static inline __attribute__((always_inline))
#define MARGIN 32

/* What the fast path of one call knows. It is small and of functions that are inlined, so that it stays in registers. */
typedef struct {
    const mq_table_format *format;
    const mq_columns *out;
    const char *end;
    int users_are_integers, items_are_integers;
    /* Consecutive rows often share their user. */
    int64_t last_user;
    int32_t last_user_index;
} fast_path;

/* The digits from p on go behind those of *value, up to `stop`; returns where they end. */
INLINE const char *digits(const char *p, const char *stop, uint64_t *value) {
    unsigned d;
    while ((d = (unsigned char)*p - '0') <= 9 && p < stop) {
        *value = *value * 10 + d;
        p++;
    }
    return p;
}

INLINE const char *fast_integer(fast_path *fast, int user, const char *field, uint64_t position, int64_t row) {
    uint64_t v = 0;
    const char *p = digits(field, field + 19, &v);
    if (p == field || p - field > 18 || (*field == '0' && p - field > 1)) return NULL;
    if (user && (int64_t)v == fast->last_user) {
        fast->out->user[row] = fast->last_user_index;
        return p;
    }
    mq_ids *ids = user ? fast->out->users : fast->out->items;
    int32_t index = mq_ids_direct(ids, v);
    if (index < 0) index = mq_ids_add_integer(ids, (int64_t)v, position);
    if (index < 0) return NULL;
    if (user) {
        fast->last_user = (int64_t)v;
        fast->last_user_index = index;
        fast->out->user[row] = index;
    } else {
        fast->out->item[row] = index;
    }
    return p;
}

INLINE const char *fast_string(const fast_path *fast, mq_ids *ids, const char *field, uint64_t position, int last,
                               int32_t *index) {
    const char *p = field, *end = fast->end, separator = fast->format->separator[0];
    while (p < end && *p != separator && *p != '\n' && *p != '"' && *p != '\r' && *p) p++;
    if (p == field || is_blank(*field) || is_blank(p[-1]) || !at_field_end(fast->format, p, end, last)) return NULL;
    *index = mq_ids_add_string(ids, field, (size_t)(p - field), position);
    return *index < 0 ? NULL : p;
}

INLINE const char *fast_value(const char *field, float *value) {
    uint64_t v = 0;
    int scale = 0;
    const char *p = digits(field, field + 16, &v);
    if (p == field) return NULL;
    if (*p == '.') {
        const char *fraction = ++p;
        p = digits(p, field + 16, &v);
        scale = (int)(p - fraction);
    }
    if (p - field > 15) return NULL;
    *value = (float)(scale ? (double)v / powers[scale] : (double)v);
    return p;
}

INLINE const char *fast_iso_time(const fast_path *fast, const char *field, int64_t *time) {
    const char *p = field, *end = fast->end, separator = fast->format->separator[0];
    while (p < end && *p != separator && *p != '\n' && *p != '"' && *p != '\r') p++;
    return mq_iso_time(field, (size_t)(p - field), time) ? NULL : p;
}

INLINE const char *fast_time(const mq_table_format *f, const char *field, int64_t *time) {
    uint64_t v = 0;
    const char *p = digits(eight_digits(field, &v) ? field + 8 : field, field + 19, &v);
    if (p == field || p - field > 18 || (int64_t)v > f->latest || (int64_t)v < f->earliest) return NULL;
    *time = f->time_divisor == 1 ? (int64_t)v * f->time_scale : (int64_t)v * f->time_scale / f->time_divisor;
    return p;
}

INLINE const char *fast_skip(const fast_path *fast, const char *line, const char *p) {
    const char *end = fast->end, separator = fast->format->separator[0];
    while (p < end && *p != separator && *p != '\n' && *p != '"' && *p) p++;
    if (p == end || *p == '"' || !*p) return NULL;
    return *p == '\n' && p > line && p[-1] == '\r' ? p - 1 : p;
}

INLINE const char *fast_field(fast_path *fast, int c, const char *line, const char *p, uint64_t position, int64_t row) {
    const mq_table_format *f = fast->format;
    const mq_columns *out = fast->out;
    const int last = c + 1 == f->columns;
    switch (f->roles[c]) {
    case MQ_USER:
        if (fast->users_are_integers) return fast_integer(fast, 1, p, position, row);
        return fast_string(fast, out->users, p, position, last, &out->user[row]);
    case MQ_ITEM:
        if (fast->items_are_integers) return fast_integer(fast, 0, p, position, row);
        return fast_string(fast, out->items, p, position, last, &out->item[row]);
    case MQ_VALUE: return fast_value(p, &out->value[row]);
    case MQ_TIME: return f->time_is_text ? fast_iso_time(fast, p, &out->time[row]) : fast_time(f, p, &out->time[row]);
    case MQ_BEHAVIOR: {
        int32_t index;
        p = fast_string(fast, out->behaviors, p, position, last, &index);
        if (!p || index > 255) return NULL;
        out->behavior[row] = (uint8_t)index;
        return p;
    }
    default: return fast_skip(fast, line, p);
    }
}

/* Behind the separator or the line's end that is to stand at p; NULL where it does not. */
INLINE const char *fast_boundary(const mq_table_format *f, const char *p, int last) {
    const size_t width = f->separator_length;
    if (!last) return *p != f->separator[0] || (width > 1 && memcmp(p, f->separator, width)) ? NULL : p + width;
    if (*p == '\r') p++;
    return *p == '\n' ? p + 1 : NULL;
}

/* Returns where the next line starts, NULL where the row needs care. */
INLINE const char *fast_row(fast_path *fast, const char *line, int64_t row) {
    const mq_table_format *f = fast->format;
    const int columns = f->columns;
    if ((size_t)(fast->end - line) <= (size_t)columns * MARGIN) return NULL;
    const uint64_t position = f->base + (uint64_t)(line - f->text);
    const char *p = line;
    for (int c = 0; c < columns; c++) {
        p = fast_field(fast, c, line, p, position, row);
        /* Strings may have run past the margin. */
        if (!p || (size_t)(fast->end - p) <= (size_t)(columns - c) * MARGIN) return NULL;
        p = fast_boundary(f, p, c + 1 == columns);
        if (!p) return NULL;
    }
    return p;
}

/* The first line that starts at `from` or behind, where `inside` says whether from - 1 is inside quotes; `stop` where
   none does. */
static const char *first_line(const mq_table_format *f, size_t from, const char *stop, int inside) {
    const char *p = f->text + from;
    if (from <= f->start) return p;
    for (p--; p + 1 < stop; p++) {
        if (*p == '"' && f->quotes)
            inside = !inside;
        else if (*p == '\n' && !inside)
            return p + 1;
    }
    return stop;
}

/* Behind a line that holds nothing, NULL where it holds something. */
static const char *blank_line(const char *line, const char *end) {
    if (*line == '\r') line++;
    if (line == end) return end;
    return *line == '\n' ? line + 1 : NULL;
}

/* Whether the line with this problem is left out; the tally remembers it. */
static int skips(int level, const mq_text_error *error, mq_text_tally *tally) {
    if (!level || error->problem == MQ_QUOTE || error->problem == MQ_NO_MEMORY ||
        error->problem == MQ_TOO_MANY_BEHAVIORS || (level < 2 && error->problem == MQ_NOT_INTEGER))
        return 0;
    if (tally->skipped < 3) tally->first[tally->skipped] = *error;
    tally->skipped++;
    return 1;
}

int64_t mq_table_parse(const mq_table_format *f, const mq_columns *out, int64_t row, int64_t limit, size_t from,
                       size_t to, int inside, mq_text_tally *tally, mq_text_error *error) {
    const char *end = f->text + f->end, *stop = f->text + to;
    const int64_t first_row = row;
    fast_path fast = {.format = f,
                      .out = out,
                      .end = end,
                      .users_are_integers = out->users && !mq_ids_are_strings(out->users),
                      .items_are_integers = out->items && !mq_ids_are_strings(out->items),
                      .last_user = -1,
                      .last_user_index = -1};
    scratch_buffer scratch = {NULL, 0};
    error->problem = MQ_FINE;
    for (const char *line = first_line(f, from, stop, inside), *next; line < stop; line = next) {
        row_outcome outcome = {MQ_FINE, 0, 0, 0};
        if (row == limit) {
            /* Only quotes out of pair let more lines appear than were counted, unless this is blank. */
            next = blank_line(line, end);
            if (next) {
                tally->blank++;
                continue;
            }
            outcome.problem = MQ_QUOTE;
        } else if (!f->skips && (next = fast_row(&fast, line, row))) {
            row++;
            continue;
        } else {
            /* A line that may be left out is looked at first, so that it has numbered no id. */
            mq_text_tally looked = *tally;
            next = careful_row(f, out, line, row, &scratch, f->skips, f->skips ? &looked : tally, &outcome);
            if (f->skips && !outcome.problem && !outcome.blank)
                next = careful_row(f, out, line, row, &scratch, 0, tally, &outcome);
        }
        if (outcome.problem) {
            const mq_text_error found = {outcome.problem, outcome.column, outcome.found, (size_t)(line - f->text)};
            if (skips(f->skips, &found, tally)) continue;
            *error = found;
            break;
        }
        tally->blank += outcome.blank;
        row += !outcome.blank;
    }
    free(scratch.bytes);
    return row - first_row;
}

/* The number at *p, which then stands behind it; a problem or MQ_FINE. */
static int list_number(const char **p, const char *end, int tuples, int64_t *id) {
    const char *field = *p, *q = field;
    while (q < end && (unsigned char)*q - '0' <= 9u) q++;
    *p = q;
    const int ends =
        q == end || *q == ' ' || *q == '\t' || *q == '\r' || *q == '\n' || (tuples && (*q == ',' || *q == ')'));
    if (ends && canonical_integer(field, (size_t)(q - field), id)) return MQ_FINE;
    return q < end && !*q ? MQ_NUL : MQ_NOT_INTEGER;
}

/* Behind what sets numbers apart. */
static const char *behind_gap(const char *p, const char *end, int tuples) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || (tuples && (*p == '(' || *p == ',' || *p == ')')))) p++;
    return p;
}

/* How many numbers the line at p has, and where the next line starts; the first problem in *error. */
static int list_check(const char *text, const char *p, const char *end, int tuples, const char **next,
                      mq_text_error *error) {
    const char *line = p;
    int fields = 0;
    int64_t id;
    error->problem = MQ_FINE;
    while ((p = behind_gap(p, end, tuples)) < end && *p != '\n') {
        const int problem = list_number(&p, end, tuples, &id);
        if (problem) {
            *error = (mq_text_error){problem, fields, 0, (size_t)(line - text)};
            while (p < end && *p != '\n') p++;
            break;
        }
        fields++;
    }
    *next = p < end ? p + 1 : end;
    return fields;
}

int64_t mq_list_parse(const char *text, size_t start, size_t end_offset, int tuples, int may_skip, uint64_t base,
                      const mq_columns *out, int64_t row, int64_t limit, size_t from, size_t to, mq_text_tally *tally,
                      mq_text_error *error) {
    const char *end = text + end_offset, *stop = text + to, *p = text + from;
    const int64_t first_row = row;
    const int counting = out->user == NULL;
    error->problem = MQ_FINE;
    if (from > start) {
        for (p--;; p++) {
            if (p + 1 >= stop) return 0;
            if (*p == '\n') break;
        }
        p++;
    }
    for (const char *next; p < stop; p = next) {
        const uint64_t position = base + (uint64_t)(p - text);
        /* Counted first, so that a line that is left out has numbered no id. */
        mq_text_error found;
        const int fields = list_check(text, p, end, tuples, &next, &found);
        if (found.problem) {
            if (skips(may_skip ? 2 : 0, &found, tally)) continue;
            *error = found;
            break;
        }
        tally->blank += fields == 0;
        if (counting) {
            row += fields > 1 ? fields - 1 : 0;
            continue;
        }
        int32_t user = -1;
        for (int field = 0; field < fields; field++) {
            int64_t id = 0;
            p = behind_gap(p, end, tuples);
            list_number(&p, end, tuples, &id);
            const int32_t index = mq_ids_add_integer(field ? out->items : out->users, id, position);
            if (index < 0 || (field && row == limit)) {
                *error = (mq_text_error){MQ_NO_MEMORY, field, 0, (size_t)(p - text)};
                return row - first_row;
            }
            if (!field) {
                user = index;
                continue;
            }
            out->user[row] = user;
            out->item[row] = index;
            if (out->opens) out->opens[row] = field == 1;
            row++;
        }
    }
    return row - first_row;
}

void mq_remap(int32_t *values, int64_t count, const int32_t *map) {
    for (int64_t i = 0; i < count; i++) values[i] = map[values[i]];
}

void mq_remap_bytes(uint8_t *values, int64_t count, const int32_t *map) {
    for (int64_t i = 0; i < count; i++) values[i] = (uint8_t)map[values[i]];
}

void mq_advise_huge(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    uintptr_t lower = ((uintptr_t)memory + 4095) & ~(uintptr_t)4095;
    uintptr_t upper = ((uintptr_t)memory + bytes) & ~(uintptr_t)4095;
    if (upper > lower && upper - lower >= 8u << 20) madvise((void *)lower, upper - lower, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

uint64_t mq_checksum(const void *memory, size_t size) {
    const unsigned char *p = memory;
    uint64_t lanes[4] = {size, 0x9E3779B97F4A7C15ull, 0xBF58476D1CE4E5B9ull, 0x94D049BB133111EBull};
    while (size >= 32) {
        for (int lane = 0; lane < 4; lane++) {
            uint64_t word;
            memcpy(&word, p + lane * 8, 8);
            lanes[lane] = (lanes[lane] ^ word) * 0xD6E8FEB86659FD93ull;
            lanes[lane] ^= lanes[lane] >> 29;
        }
        p += 32;
        size -= 32;
    }
    uint64_t hash = 0;
    for (; size; size--) hash = (hash ^ *p++) * 0x100000001B3ull + 1;
    for (int lane = 0; lane < 4; lane++) {
        hash = (hash ^ lanes[lane]) * 0xD6E8FEB86659FD93ull;
        hash ^= hash >> 32;
    }
    return hash;
}
