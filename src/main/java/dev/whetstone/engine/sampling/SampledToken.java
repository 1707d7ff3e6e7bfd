package dev.whetstone.engine.sampling;

import java.util.List;

/**
 * A sampled token.
 *
 * @param logp under the model's own distribution, before any setting
 * @param alternatives the most probable tokens, from the first on
 */
public record SampledToken(int token, float logp, List<TokenLogprob> alternatives) {}
