#ifndef MARQUEE_CPU_H
#define MARQUEE_CPU_H

/* The level of x86-64 that this processor reaches, 1 to 4; 0 on other machines. */
int mq_x86_64_level(void);

#endif
