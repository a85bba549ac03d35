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

static int point_in_time(const char *p, size_t length, const mq_table_format *format, int64_t *time) {
    int64_t t;
    if (!canonical_integer(p, length, &t)) {
        double wide;
        int problem = decimal(p, length, &wide);
        if (problem) return problem;
        if (wide < 0) return MQ_NEGATIVE_TIME;
        if (wide > (double)format->latest) return MQ_LATE_TIME;
        *time = (int64_t)(wide * (double)format->time_scale + 0.5);
        return MQ_FINE;
    }
    if (t < 0) return MQ_NEGATIVE_TIME;
    if (t > format->latest) return MQ_LATE_TIME;
    *time = t * format->time_scale;
    return MQ_FINE;
}

static inline int32_t add_id(mq_ids *ids, const char *p, size_t length, uint64_t position, int *problem) {
    if (mq_ids_are_strings(ids)) {
        if (!length) {
            *problem = MQ_EMPTY;
            return -1;
        }
        int32_t index = mq_ids_add_string(ids, p, length, position);
        if (index < 0) *problem = MQ_NO_MEMORY;
        return index;
    }
    int64_t id;
    if (!canonical_integer(p, length, &id)) {
        *problem = length ? MQ_NOT_INTEGER : MQ_EMPTY;
        return -1;
    }
    int32_t index = mq_ids_add_integer(ids, id, position);
    if (index < 0) *problem = MQ_NO_MEMORY;
    return index;
}

static int store(const mq_table_format *format, const mq_columns *out, int role, const char *p, size_t length,
                 uint64_t position, int64_t row) {
    int problem = MQ_FINE;
    switch (role) {
    case MQ_USER: out->user[row] = add_id(out->users, p, length, position, &problem); break;
    case MQ_ITEM: out->item[row] = add_id(out->items, p, length, position, &problem); break;
    case MQ_BEHAVIOR: {
        int32_t index = add_id(out->behaviors, p, length, position, &problem);
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

typedef struct {
    int problem, column, found;
    int blank; /* a line without anything */
} row_outcome;

/* Returns where the next line starts, or the text's end behind a problem of its quotes or of memory. */
static const char *careful_row(const mq_table_format *f, const mq_columns *out, const char *line, int64_t row,
                               scratch_buffer *scratch, row_outcome *outcome) {
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
        if (!quoted && field.last && fields == 0 && field.length == 0) {
            outcome->blank = 1;
            break;
        }
        if (!outcome->problem) {
            if (field.length && memchr(field.value, 0, field.length))
                outcome->problem = MQ_NUL;
            else if (fields < f->columns)
                outcome->problem = store(f, out, f->roles[fields], field.value, field.length, position, row);
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
    if (p == field || !at_field_end(fast->format, p, end, last)) return NULL;
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

INLINE const char *fast_time(const mq_table_format *f, const char *field, int64_t *time) {
    uint64_t v = 0;
    const char *p = digits(eight_digits(field, &v) ? field + 8 : field, field + 19, &v);
    if (p == field || p - field > 18 || (int64_t)v > f->latest) return NULL;
    *time = (int64_t)v * f->time_scale;
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
    case MQ_TIME: return fast_time(f, p, &out->time[row]);
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

int64_t mq_table_parse(const mq_table_format *f, const mq_columns *out, int64_t row, int64_t limit, size_t from,
                       size_t to, int inside, mq_text_error *error) {
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
            if (next) continue;
            outcome.problem = MQ_QUOTE;
        } else if ((next = fast_row(&fast, line, row))) {
            row++;
            continue;
        } else {
            next = careful_row(f, out, line, row, &scratch, &outcome);
        }
        if (outcome.problem) {
            *error = (mq_text_error){outcome.problem, outcome.column, outcome.found, (size_t)(line - f->text)};
            break;
        }
        if (!outcome.blank) row++;
    }
    free(scratch.bytes);
    return row - first_row;
}

int64_t mq_list_parse(const char *text, size_t start, size_t end_offset, int tuples, uint64_t base,
                      const mq_columns *out, int64_t row, int64_t limit, size_t from, size_t to, mq_text_error *error) {
    const char *end = text + end_offset, *stop = text + to, *p = text + from;
    int64_t first_row = row;
    int counting = out->user == NULL;
    error->problem = MQ_FINE;
    if (from > start) {
        for (p--;; p++) {
            if (p + 1 >= stop) return 0;
            if (*p == '\n') break;
        }
        p++;
    }
    while (p < stop) {
        const char *line = p;
        uint64_t position = base + (uint64_t)(line - text);
        int fields = 0;
        int32_t user = -1;
        for (;;) {
            while (p < end &&
                   (*p == ' ' || *p == '\t' || *p == '\r' || (tuples && (*p == '(' || *p == ',' || *p == ')'))))
                p++;
            if (p == end || *p == '\n') break;
            const char *field = p;
            while (p < end && (unsigned char)*p - '0' <= 9u) p++;
            int64_t id;
            int problem = MQ_FINE;
            int ends =
                p == end || *p == ' ' || *p == '\t' || *p == '\r' || *p == '\n' || (tuples && (*p == ',' || *p == ')'));
            if (!ends || !canonical_integer(field, (size_t)(p - field), &id)) {
                problem = p < end && !*p ? MQ_NUL : MQ_NOT_INTEGER;
            } else if (!counting) {
                if (fields == 0) {
                    user = mq_ids_add_integer(out->users, id, position);
                    if (user < 0) problem = MQ_NO_MEMORY;
                } else if (row == limit) {
                    problem = MQ_NO_MEMORY;
                } else {
                    int32_t item = mq_ids_add_integer(out->items, id, position);
                    if (item < 0) problem = MQ_NO_MEMORY;
                    out->user[row] = user;
                    out->item[row] = item;
                    if (out->opens) out->opens[row] = fields == 1;
                    row++;
                }
            } else if (fields > 0) {
                row++;
            }
            if (problem) {
                *error = (mq_text_error){problem, fields, 0, (size_t)(line - text)};
                return row - first_row;
            }
            fields++;
        }
        if (p < end) p++;
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
