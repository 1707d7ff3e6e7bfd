package dev.whetstone.engine;

import dev.whetstone.engine.sampling.Sampling;
import dev.whetstone.policy.Policy;

/** One completion asked of a prompt: who writes it and how it is sampled. */
public record Branch(Policy policy, Sampling sampling) {}
