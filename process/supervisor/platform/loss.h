/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loss of the EPC, as over S3, hibernation or a live migration.  The server
 * makes all losses of a run, whoever asks for one, so they come one after the
 * other.
 */
#ifndef SWSGX_PROCESS_SUPERVISOR_PLATFORM_LOSS_H
#define SWSGX_PROCESS_SUPERVISOR_PLATFORM_LOSS_H

struct msg;
struct platform;

/* Make the loss that msg->event asks for, and say there what was hit. */
void loss_make(struct platform *p, struct msg *msg);

#endif
