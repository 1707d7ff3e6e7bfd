package dev.whetstone.rollout.gate;

/**
 * The limits of the gate; {@link GateCriteria} lists which criterion uses which.
 *
 * @param minClusters conversations (or voters, if fewer) below which the votes tell too little
 * @param minAnswers sampled answers below which the criteria about answers are inconclusive
 * @param beta scale of the implicit rewards
 * @param maxKlStep KL to the reference beyond the champion's, in nats per answer
 * @param maxKl KL to the reference, in nats per answer
 * @param minLengthRatio of the mean answer length, in tokens, to the champion's
 * @param maxLengthRatio of the mean answer length, in tokens, to the champion's
 * @param maxPerplexityRatio of the probe text's perplexity to the champion's
 * @param sanePerplexity of the probe text under the base, above which it is not judged
 * @param maxTruncatedExcess how far the share of answers that end by themselves may lie below the
 *     champion's
 * @param maxEmptyExcess how far the share of empty answers may lie above the champion's
 * @param maxExportDifference mean difference between trainer and engine in what the adapter adds to
 *     a token's log-prob, in nats
 */
public record GateLimits(
    int minClusters,
    int minAnswers,
    double beta,
    double maxKlStep,
    double maxKl,
    double minLengthRatio,
    double maxLengthRatio,
    double maxPerplexityRatio,
    double sanePerplexity,
    double maxTruncatedExcess,
    double maxEmptyExcess,
    double maxExportDifference) {}
