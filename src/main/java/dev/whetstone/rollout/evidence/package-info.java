/**
 * How votes become decisions: pure functions and small accumulators, without threads, database or
 * clock. Begin with {@link VoteEvidence}, the e-process of a duel, and {@link VoteAdmission}, which
 * says which votes it counts; {@link RatingProcess} is that of ratings. Deciders (gate, duel,
 * watch) name their null hypothesis and threshold; everything here may be looked at after every
 * vote.
 */
@NullMarked
package dev.whetstone.rollout.evidence;

import org.jspecify.annotations.NullMarked;
