package dev.whetstone.rollout;

import dev.whetstone.policy.Policy;

/** Who writes the two sides of a pair. */
public record PairSides(Policy first, Policy second) {}
