package dev.whetstone.engine.sampling;

import java.util.List;

/**
 * A sampled token.
 *
 * @param logp log-prob in nats under the model's own distribution, before any sampling setting
 * @param alternatives the most probable tokens, most probable first; empty if not requested
 */
public record SampledToken(int token, float logp, List<TokenLogprob> alternatives) {}
