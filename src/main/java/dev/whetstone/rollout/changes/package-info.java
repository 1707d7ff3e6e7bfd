/**
 * What a version changed, told by the answers that the gate had it and others write: words,
 * endings, lengths, refusals. Owns the table gate_answers.
 */
@NullMarked
package dev.whetstone.rollout.changes;

import org.jspecify.annotations.NullMarked;
