package dev.whetstone.rollout.gate;

/**
 * What the gate holds a candidate against.
 *
 * @param leastPairs held-out pairs below which held-out rows stay open
 * @param leastAnswers sampled answers below which rows about answers stay open
 * @param kl most KL to the reference, nats per answer
 * @param shortest least ratio of the mean length to the champion's
 * @param longest most ratio of the mean length to the champion's
 * @param perplexity most ratio of the canary text's perplexity to the reference's
 * @param unended most that the share of properly ended answers may fall below the champion's
 * @param empty most that the share of empty answers may rise above the champion's
 * @param export most mean difference of a token's log-prob between the trainer and the engine
 */
public record GateLimits(
    int leastPairs,
    int leastAnswers,
    double kl,
    double shortest,
    double longest,
    double perplexity,
    double unended,
    double empty,
    double export) {}
