#ifndef MARQUEE_NEGATIVES_H
#define MARQUEE_NEGATIVES_H
#include <stdint.h>

/* Training instances with sampled negatives, drawn in any order without being kept. */
typedef struct {
    /* The matrix of positives in compressed rows; a row's columns ascend. */
    const int64_t *offsets; /* rows + 1 */
    const int32_t *columns;
    int64_t positives;
    int32_t items;
    /* Positive p lies in one of the rows starts[p >> shift] ... starts[(p >> shift) + 1]. */
    const int32_t *starts;
    uint32_t shift;
    /* By item: the share of positives on smaller items; tells where in a row an item would stand. */
    const float *below;
    /* Walker's alias table; NULL for uniform draws. */
    const float *keep;
    const int32_t *alias;
    /* Negatives for each positive. */
    int64_t negatives;
    /* Rows that hold something, where a positive is that of a row drawn uniformly; NULL where each has its turn. */
    const int32_t *active;
    int64_t active_count;
    /* Keys of this epoch. */
    uint64_t order_key, draw_key;
} mq_negatives;

/* Instances [first, first + count) of positives * (1 + negatives), shuffled one by one. */
void mq_negatives_points(const mq_negatives *sampler, int64_t first, int64_t count, int32_t *users, int32_t *items,
                         float *labels);
/* Triples [first, first + count) of positives * negatives, shuffled one by one. */
void mq_negatives_pairs(const mq_negatives *sampler, int64_t first, int64_t count, int32_t *users, int32_t *liked,
                        int32_t *unseen);
/* Groups [first, first + count) of all positives, shuffled; items has 1 + negatives a group, the positive first. */
void mq_negatives_groups(const mq_negatives *sampler, int64_t first, int64_t count, int32_t *users, int32_t *items);
#endif
