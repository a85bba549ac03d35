#ifndef MARQUEE_RANKING_H
#define MARQUEE_RANKING_H
/* Where a score stands among others, and which scores stand first. */
#include <stddef.h>
#include <stdint.h>

/* How many of some scores are greater than a score, equal to it, and not a number. */
typedef struct {
    ptrdiff_t greater, equal, unordered;
} mq_standing;

mq_standing mq_standing_of(float score, const float *scores, ptrdiff_t count);

typedef struct {
    float score;
    int32_t item;
} mq_scored;

/* Adds scores[0..<count], of the items from `first` on, to the best `limit` kept in `best`, of which
   there are *kept so far (a heap, its worst at the front; of equal scores the lower item is better).
   Items must come in ascending order from call to call. Scores of -infinity are never kept.
   Returns -1, or the index of a score that is not a number. */
ptrdiff_t mq_best_update(const float *scores, ptrdiff_t count, int32_t first, mq_scored *best, ptrdiff_t *kept,
                         ptrdiff_t limit);
/* Puts the heap in order, the best first. */
void mq_best_sort(mq_scored *best, ptrdiff_t kept);
#endif
