package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;

/** One requested completion: the policy that generates it and how it is sampled. */
public record CompletionSpec(Policy policy, SamplingParameters sampling) {}
