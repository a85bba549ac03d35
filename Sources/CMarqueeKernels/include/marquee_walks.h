#ifndef MARQUEE_WALKS_H
#define MARQUEE_WALKS_H
/* Random walks from one user to the items of other users, along several behaviors at once. */
#include <stddef.h>
#include <stdint.h>

/* Floats a step is done in: lanes are a multiple of it. */
#define MQ_WALK_LANES 16

/* One side of a bipartite graph in compressed rows; bit b of an edge's mask says that it is of graph b.
   Every edge is of the last graph, which is that of all behaviors. degrees: [rows, graphs]. */
typedef struct {
    const ptrdiff_t *offsets;
    const int32_t *columns;
    const uint8_t *masks;
    const float *degrees;
    int32_t graphs;
} mq_walk_side;

/* From `user` to one of his items by graph g, then to another user of it by g, all choices being as likely:
   weights[v * graphs + g] += the probability. The bits `hidden_mask` of the edge to `hidden` are not there;
   -1 hides none. Lists the users in `reached`, whose weights were 0 before, and returns how many they are. */
int32_t mq_walk_to_users(const mq_walk_side *users, const mq_walk_side *items, int32_t user, int32_t hidden,
                         uint8_t hidden_mask, float *weights, int32_t *reached);
/* On to one of the items of each by graph h: sums[i * lanes + g * graphs + h] += the probability. `scratch`
   has room for 256 * lanes floats. Clears the weights. */
void mq_walk_to_items(const mq_walk_side *users, const int32_t *reached, int32_t count, float *weights, float *sums,
                      int32_t lanes, float *scratch);
/* out[k * stride + c] = log(floor + scale * sums[items[k] * lanes + c]), c < width; to within 1e-5. */
void mq_log_evidence(const float *sums, int32_t lanes, const int32_t *items, ptrdiff_t count, int32_t width,
                     float scale, float floor, float *out, ptrdiff_t stride);
#endif
