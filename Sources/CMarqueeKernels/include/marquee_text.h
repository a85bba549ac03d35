#ifndef MARQUEE_TEXT_H
#define MARQUEE_TEXT_H
/* Delimited text into columns, and the tables that number its ids. */
#include <stddef.h>
#include <stdint.h>

/* A bijection between ids and 0..<count, in order of insertion. It holds 64-bit integers or byte
   strings, never both. -1 stands for "absent" and, where something is added, for "out of memory". */
typedef struct mq_ids mq_ids;
mq_ids *mq_ids_create(int strings);
mq_ids *mq_ids_copy(const mq_ids *ids);
void mq_ids_destroy(mq_ids *ids);
int mq_ids_are_strings(const mq_ids *ids);
int32_t mq_ids_count(const mq_ids *ids);
/* By index; NULL of a table of strings. */
const int64_t *mq_ids_integers(const mq_ids *ids);
/* The string of an index, not terminated. */
const char *mq_ids_string(const mq_ids *ids, int32_t index, size_t *length);
/* All strings one after the other, and where each starts (count + 1 entries). */
const char *mq_ids_bytes(const mq_ids *ids);
const uint64_t *mq_ids_offsets(const mq_ids *ids);
int32_t mq_ids_find_integer(const mq_ids *ids, int64_t id);
int32_t mq_ids_find_string(const mq_ids *ids, const char *id, size_t length);
int32_t mq_ids_add_integer(mq_ids *ids, int64_t id, uint64_t position);
int32_t mq_ids_add_string(mq_ids *ids, const char *id, size_t length, uint64_t position);
/* Joins tables of one kind whose entries each ascend by position (that of their first
   appearance): the entries of `joined`, empty before, ascend by it too. maps[t][i] becomes the
   joined index of entry i of table t. Returns 0, or -1 when out of memory. */
int mq_ids_join(mq_ids *joined, mq_ids *const *tables, int count, int32_t *const *maps);

/* Newlines and double quotes in text[from..<to]. */
void mq_text_count(const char *text, size_t from, size_t to, uint64_t *newlines, uint64_t *quotes);
/* Newlines outside quotes in text[from..<to], where `inside` says whether `from` is inside some. */
uint64_t mq_text_count_rows(const char *text, size_t from, size_t to, int inside);

enum mq_role { MQ_SKIP, MQ_USER, MQ_ITEM, MQ_BEHAVIOR, MQ_VALUE, MQ_TIME };

enum mq_problem {
    MQ_FINE,
    MQ_FIELD_COUNT, /* `found` fields */
    MQ_NOT_INTEGER,
    MQ_NOT_NUMBER,
    MQ_NOT_FINITE,
    MQ_NOT_TIME, /* no ISO 8601 */
    MQ_NEGATIVE_TIME,
    MQ_EARLY_TIME, /* before the format's earliest and not 0 */
    MQ_LATE_TIME,  /* beyond the format's latest */
    MQ_EMPTY,
    MQ_QUOTE,
    MQ_NUL,
    MQ_TOO_MANY_BEHAVIORS,
    MQ_NO_MEMORY,
};

typedef struct {
    int problem;
    int column;
    int found;
    size_t line; /* where the line starts */
} mq_text_error;

/* What was passed over or changed on the way. */
typedef struct {
    int64_t blank;   /* lines without anything */
    int64_t trimmed; /* ids with blanks around them, read without */
    int64_t skipped; /* bad lines */
    mq_text_error first[3];
} mq_text_tally;

/* Lines of fields. */
typedef struct {
    const char *text;
    size_t start, end; /* of the rows; text[end] is not read */
    const char *separator;
    size_t separator_length;
    int quotes;
    int columns;
    const uint8_t *roles; /* an mq_role a column */
    int time_is_text;     /* ISO 8601 instead of a number */
    int64_t time_scale;   /* milliseconds are the file's number times the scale by the divisor */
    int64_t time_divisor;
    int64_t earliest, latest; /* in the file's unit; latest times time_scale fits */
    uint64_t base;            /* added to a line's start to give the position of its ids */
    int skips; /* whether bad lines are left out, but not those for an id that is no integer, which may be
                                 a name; with 2, those too. A quote out of pair is always a problem. */
} mq_table_format;

/* Where rows go; columns that the format lacks are NULL. */
typedef struct {
    mq_ids *users, *items, *behaviors;
    int32_t *user, *item;
    uint8_t *behavior;
    float *value;
    int64_t *time;
    uint8_t *opens; /* 1 for the first item of a line, in lists */
} mq_columns;

/* Parses the rows that start in text[from..<to] into rows row..<limit of the columns, where `inside`
   says whether from - 1 is inside quotes. Returns how many it wrote; stops at the first problem that is not skipped. */
int64_t mq_table_parse(const mq_table_format *format, const mq_columns *columns, int64_t row, int64_t limit,
                       size_t from, size_t to, int inside, mq_text_tally *tally, mq_text_error *error);

/* Milliseconds since 1970 of ISO 8601 as RFC 3339 and its neighbors write it: a date, 2015-01-31 or 20150131, and behind
   'T' or a blank a time, 10:00, 10:00:00 or 10:00:00.25, and a zone, Z, UTC, +02:00, +0200 or +02; UTC without one. An
   mq_problem, or MQ_FINE. */
int mq_iso_time(const char *text, size_t length, int64_t *milliseconds);

/* Parses lines "user item item …" that start in text[from..<to], one row an item. Numbers may be
   set apart by blanks and, with `tuples`, by "(,)" as in "(user,item)\titem …". With columns->user
   NULL it only counts. With `skips` lines with a problem are left out. */
int64_t mq_list_parse(const char *text, size_t start, size_t end, int tuples, int skips, uint64_t base,
                      const mq_columns *columns, int64_t row, int64_t limit, size_t from, size_t to,
                      mq_text_tally *tally, mq_text_error *error);

/* values[i] = map[values[i]] */
void mq_remap(int32_t *values, int64_t count, const int32_t *map);
void mq_remap_bytes(uint8_t *values, int64_t count, const int32_t *map);
/* Asks for huge pages where `bytes` are many, so that filling fresh memory costs fewer faults. */
void mq_advise_huge(void *memory, size_t bytes);
/* A hash of `size` bytes, for noticing accidents, not malice. */
uint64_t mq_checksum(const void *memory, size_t size);
#endif
