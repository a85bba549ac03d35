#include "marquee_sequences.h"

#include <math.h>
#include <string.h>

#include "marquee_clones.h"
#include "marquee_exponential.h"

#define INLINE static inline __attribute__((always_inline))

INLINE float logistic(float x) { return 1 / (1 + mq_exp(-x)); }

MQ_CLONES void mq_lstm_step(const struct mq_lstm *step, float *restrict gates, float *restrict cell,
                            float *restrict output) {
    const int hidden = step->hidden, per_column = step->decay_columns > 1 || hidden == 1;
    const float *before = step->before, *decay = step->decay;
    for (int r = 0; r < step->rows; r++, gates += 4 * hidden, cell += hidden, output += hidden) {
        for (int c = 0; c < hidden; c++) {
            gates[c] = logistic(gates[c]);
            gates[hidden + c] = logistic(gates[hidden + c]);
            gates[2 * hidden + c] = mq_tanh(gates[2 * hidden + c]);
            gates[3 * hidden + c] = logistic(gates[3 * hidden + c]);
            cell[c] = gates[c] * gates[2 * hidden + c];
        }
        if (before) {
            for (int c = 0; c < hidden; c++) {
                const float factor = !decay ? 1 : per_column ? decay[c] : decay[0];
                cell[c] += gates[hidden + c] * factor * before[c];
            }
            before += hidden;
        }
        if (decay) decay += step->decay_columns;
        for (int c = 0; c < hidden; c++) output[c] = gates[3 * hidden + c] * mq_tanh(cell[c]);
    }
}

MQ_CLONES void mq_lstm_step_backward(const struct mq_lstm *step, float *restrict gates, const float *restrict cell,
                                     const float *restrict doutput, float *restrict dcell, float *restrict ddecay) {
    MQ_FAST_SUMS
    const int hidden = step->hidden, per_column = step->decay_columns > 1 || hidden == 1;
    const float *before = step->before, *decay = step->decay;
    for (int r = 0; r < step->rows; r++, gates += 4 * hidden, cell += hidden, doutput += hidden, dcell += hidden) {
        float sum = 0;
        for (int c = 0; c < hidden; c++) {
            const float i = gates[c], f = gates[hidden + c], g = gates[2 * hidden + c], o = gates[3 * hidden + c];
            const float squashed = mq_tanh(cell[c]), d = dcell[c] + doutput[c] * o * (1 - squashed * squashed);
            const float factor = !decay ? 1 : per_column ? decay[c] : decay[0], last = before ? before[c] : 0;
            gates[c] = d * g * i * (1 - i);
            gates[hidden + c] = d * factor * last * f * (1 - f);
            gates[2 * hidden + c] = d * i * (1 - g * g);
            gates[3 * hidden + c] = doutput[c] * squashed * o * (1 - o);
            dcell[c] = d * f * factor;
            if (ddecay && per_column) ddecay[c] = d * f * last;
            sum += d * f * last;
        }
        if (ddecay && !per_column) ddecay[0] = sum;
        if (ddecay) ddecay += step->decay_columns;
        if (before) before += hidden;
        if (decay) decay += step->decay_columns;
    }
}

MQ_CLONES void mq_gru_step(int rows, int hidden, const float *restrict before, const float *restrict recurrent,
                           const float *restrict bias, float *restrict gates, float *restrict candidate,
                           float *restrict output) {
    for (int row = 0; row < rows; row++, gates += 3 * hidden, candidate += hidden, output += hidden) {
        for (int c = 0; c < hidden; c++) {
            const float h = before ? before[c] : 0;
            const float r = logistic(gates[c] + (recurrent ? recurrent[c] : 0));
            const float z = logistic(gates[hidden + c] + (recurrent ? recurrent[hidden + c] : 0));
            candidate[c] = bias[c] + (recurrent ? recurrent[2 * hidden + c] : 0);
            const float n = mq_tanh(gates[2 * hidden + c] + r * candidate[c]);
            gates[c] = r;
            gates[hidden + c] = z;
            gates[2 * hidden + c] = n;
            output[c] = n + z * (h - n);
        }
        if (before) before += hidden;
        if (recurrent) recurrent += 3 * hidden;
    }
}

MQ_CLONES void mq_gru_step_backward(int rows, int hidden, const float *restrict before, const float *restrict candidate,
                                    const float *restrict doutput, float *restrict gates, float *restrict drecurrent,
                                    float *restrict dbefore) {
    for (int row = 0; row < rows; row++, gates += 3 * hidden, drecurrent += 3 * hidden) {
        for (int c = 0; c < hidden; c++) {
            const float h = before ? before[c] : 0, d = doutput[c];
            const float r = gates[c], z = gates[hidden + c], n = gates[2 * hidden + c];
            const float dn = d * (1 - z) * (1 - n * n), dr = dn * candidate[c] * r * (1 - r);
            const float dz = d * (h - n) * z * (1 - z);
            gates[c] = drecurrent[c] = dr;
            gates[hidden + c] = drecurrent[hidden + c] = dz;
            gates[2 * hidden + c] = dn;
            drecurrent[2 * hidden + c] = dn * r;
            if (dbefore) dbefore[c] += d * z;
        }
        candidate += hidden;
        doutput += hidden;
        if (before) before += hidden;
        if (dbefore) dbefore += hidden;
    }
}

MQ_CLONES void mq_take_rows(const float *restrict x, const int32_t *restrict ids, float *restrict y, long rows,
                            int columns) {
    for (long r = 0; r < rows; r++, y += columns) {
        if (ids[r] < 0)
            memset(y, 0, sizeof(float) * (size_t)columns);
        else
            memcpy(y, x + (long)ids[r] * columns, sizeof(float) * (size_t)columns);
    }
}

MQ_CLONES void mq_put_rows(const float *restrict dy, const int32_t *restrict ids, float *restrict dx, long rows,
                           int columns) {
    for (long r = 0; r < rows; r++, dy += columns) {
        if (ids[r] < 0) continue;
        float *to = dx + (long)ids[r] * columns;
        for (int c = 0; c < columns; c++) to[c] += dy[c];
    }
}

MQ_CLONES void mq_mean_sequences(const float *restrict x, const int32_t *restrict offsets, float *restrict y,
                                 long count, int columns) {
    for (long s = 0; s < count; s++, y += columns) {
        memset(y, 0, sizeof(float) * (size_t)columns);
        const int length = offsets[s + 1] - offsets[s];
        if (length == 0) continue;
        for (long r = offsets[s]; r < offsets[s + 1]; r++)
            for (int c = 0; c < columns; c++) y[c] += x[r * columns + c];
        for (int c = 0; c < columns; c++) y[c] /= (float)length;
    }
}

MQ_CLONES void mq_mean_sequences_backward(const float *restrict dy, const int32_t *restrict offsets, float *restrict dx,
                                          long count, int columns) {
    for (long s = 0; s < count; s++, dy += columns) {
        const float share = 1 / (float)(offsets[s + 1] - offsets[s]);
        for (long r = offsets[s]; r < offsets[s + 1]; r++)
            for (int c = 0; c < columns; c++) dx[r * columns + c] += share * dy[c];
    }
}

MQ_CLONES void mq_softmax_sequences(const float *restrict x, const int32_t *restrict offsets, float *restrict y,
                                    long count, int columns) {
    for (long s = 0; s < count; s++)
        for (int c = 0; c < columns; c++) {
            float peak = -INFINITY, sum = 0;
            for (long r = offsets[s]; r < offsets[s + 1]; r++)
                peak = x[r * columns + c] > peak ? x[r * columns + c] : peak;
            for (long r = offsets[s]; r < offsets[s + 1]; r++)
                sum += y[r * columns + c] = mq_exp(x[r * columns + c] - peak);
            for (long r = offsets[s]; r < offsets[s + 1]; r++) y[r * columns + c] /= sum;
        }
}

MQ_CLONES void mq_softmax_sequences_backward(const float *restrict y, const float *restrict dy,
                                             const int32_t *restrict offsets, float *restrict dx, long count,
                                             int columns, int accumulate) {
    for (long s = 0; s < count; s++)
        for (int c = 0; c < columns; c++) {
            float sum = 0;
            for (long r = offsets[s]; r < offsets[s + 1]; r++) sum += y[r * columns + c] * dy[r * columns + c];
            for (long r = offsets[s]; r < offsets[s + 1]; r++) {
                const float d = y[r * columns + c] * (dy[r * columns + c] - sum);
                dx[r * columns + c] = accumulate ? dx[r * columns + c] + d : d;
            }
        }
}

MQ_CLONES void mq_walk_counts(float recency, const int32_t *restrict columns, const float *restrict values,
                              long entries, float *restrict s, long count) {
    for (long i = 0; i < count; i++) s[i] *= recency;
    for (long k = 0; k < entries; k++) s[columns[k]] += values[k];
}

MQ_CLONES void mq_log_counts(float share, const float *restrict s, const float *restrict floor, float *restrict y,
                             long count) {
    for (long i = 0; i < count; i++) y[i] = mq_log(share * s[i] + floor[i]);
}
