package dev.whetstone.rollout;

import dev.whetstone.policy.Policy;

/**
 * The policies that write the sides a and b of a pair. The order is drawn at random for every pair,
 * so that neither the sides nor the order in which the engine writes them reveal the policy.
 */
public record PairAssignment(Policy first, Policy second) {}
