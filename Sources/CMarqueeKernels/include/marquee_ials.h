#ifndef MARQUEE_IALS_H
#define MARQUEE_IALS_H
/* The inner loops of implicit alternating least squares: conjugate gradients on
   A_r x_r = b_r,  A_r = G + l_r I + sum of y y' over the row's columns,  b_r = sum of y,
   for a run of rows at a time. The products with G, common to all rows, are the caller's (one
   matrix product for the run); these add what is each row's own.

   Vectors have `stride` floats, a multiple of 16, 64-byte aligned, padded by zeros. */
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const float *fixed; /* the other side's factors y, [columns, stride] */
    ptrdiff_t stride;
    const ptrdiff_t *offsets; /* of the run's rows: rows + 1 */
    const int32_t *columns;   /* as offsets index them */
    const float *ridge;       /* l_r */
    ptrdiff_t rows;
    float *x;         /* [rows, stride], updated in place */
    float *product;   /* [rows, stride]: x G before begin, p G before step */
    float *residual;  /* [rows, stride] */
    float *direction; /* [rows, stride] */
    float *norm;      /* [rows]: residual . residual */
} mq_ials_run;

/* residual = b - A x, direction = residual. A row without columns gets x = 0, its solution. */
void mq_ials_begin(const mq_ials_run *run);
/* One step along `direction`, and the next direction. */
void mq_ials_step(const mq_ials_run *run);
/* The sum over the run's entries of (1 - x . y)^2. */
double mq_ials_observed_loss(const mq_ials_run *run);
#endif
