package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;

/** One completion asked of a prompt: who writes it and how it is sampled. */
public record CompletionSpec(Policy policy, SamplingParameters sampling) {}
