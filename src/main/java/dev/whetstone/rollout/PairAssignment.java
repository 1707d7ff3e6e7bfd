package dev.whetstone.rollout;

import dev.whetstone.policy.Policy;

/**
 * Who writes the sides a and b of a pair. Their order is drawn for every pair, so that neither the
 * sides nor the order in which the engine writes them tell who wrote what.
 */
public record PairAssignment(Policy first, Policy second) {}
