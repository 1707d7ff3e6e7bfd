package dev.whetstone.dpo.network;

/**
 * Scores of each completion token, {@code [completion][token]}, with the completions of all rows in
 * the order given.
 *
 * @param logps log p(token | all tokens before it), in nats
 * @param entropies of the whole next-token distribution at that place, in nats
 * @param logSumSquares log Σ p² over that distribution, which WPO needs
 * @param greedy whether the token was the most likely one
 */
public record TokenScores(
    float[][] logps, float[][] entropies, float[][] logSumSquares, boolean[][] greedy) {}
