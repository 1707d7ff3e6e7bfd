/**
 * The trainer's process: it waits for votes, selects pairs, runs DPO and stores the candidate. The
 * only user of both {@code dpo} and the database.
 */
@NullMarked
package dev.whetstone.training.worker;

import org.jspecify.annotations.NullMarked;
