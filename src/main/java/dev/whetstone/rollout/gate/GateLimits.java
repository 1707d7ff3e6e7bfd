package dev.whetstone.rollout.gate;

/**
 * The limits of the gate; {@link GateCriteria} lists which criterion uses which.
 *
 * @param minPairs validation pairs below which the criteria about them are inconclusive
 * @param minAnswers sampled answers below which the criteria about answers are inconclusive
 * @param maxKl KL to the reference, in nats per answer
 * @param minLengthRatio of the mean answer length, in tokens, to the champion's
 * @param maxLengthRatio of the mean answer length, in tokens, to the champion's
 * @param maxPerplexityRatio of the probe text's perplexity to the reference's
 * @param maxTruncatedExcess how far the share of answers that end by themselves may lie below the
 *     champion's
 * @param maxEmptyExcess how far the share of empty answers may lie above the champion's
 * @param maxExportDifference mean difference between trainer and engine in what the adapter adds to
 *     a token's log-prob, in nats
 */
public record GateLimits(
    int minPairs,
    int minAnswers,
    double maxKl,
    double minLengthRatio,
    double maxLengthRatio,
    double maxPerplexityRatio,
    double maxTruncatedExcess,
    double maxEmptyExcess,
    double maxExportDifference) {}
