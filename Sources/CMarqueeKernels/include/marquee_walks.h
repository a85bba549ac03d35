#ifndef MARQUEE_WALKS_H
#define MARQUEE_WALKS_H
/* What a graph says of a user and items: random walks by way of other users, along several behaviors at once, and
   sums over patterns. */
#include <stddef.h>
#include <stdint.h>

/* At most seven behaviors and their union, in quads of floats. */
#define MQ_WALK_GRAPHS 8

/* One side of a bipartite graph in compressed rows; bit g of an edge's mask says that it is of graph g.
   Every edge is of the last graph, which is that of all behaviors. */
typedef struct {
    const ptrdiff_t *offsets;
    const int32_t *columns;
    const uint8_t *masks;
    const float *degrees;  /* [rows, 4 * quads]: edges of each graph, 0 past the last */
    const float *inverses; /* 1 / degree, 0 where there is none */
    int32_t graphs;
    int32_t quads; /* floats a row / 4: 1 or 2 */
} mq_walk_side;

/* From the user of `row` to one of its items by graph g, then to another user of it by g, all choices being as likely:
   weights[v, g] += the probability; weights [users, 4 * quads]. `self` is who the user is among those of `items`, and
   is not walked to; -1 for nobody. The degrees of `items` count the user in the graphs `counted` of each edge of the
   row; NULL: in those that the edge is of. The bits `hidden_mask` of the edge to `hidden` are not there; -1 hides
   none. */
void mq_walk_to_users(const mq_walk_side *users, const mq_walk_side *items, int32_t row, const uint8_t *counted,
                      int32_t self, int32_t hidden, uint8_t hidden_mask, float *weights);
/* On to one of the items of each by graph h, asked of some items:
   out[k * stride + g * graphs + h] = log(floor + scale * probability of items[k]), to within 1e-5. */
void mq_walk_to_items(const mq_walk_side *users, const mq_walk_side *items, const float *weights, const int32_t *asked,
                      ptrdiff_t count, float scale, float floor, float *out, ptrdiff_t stride);
/* x · vector over the first eighth, quarter, half and all of the `width` numbers of the rows that are asked for:
   out[k * stride ..< k * stride + 4]. */
void mq_dots_by_part(const float *x, ptrdiff_t width, const int32_t *asked, ptrdiff_t count, const float *vector,
                     float *out, ptrdiff_t stride);
#endif
