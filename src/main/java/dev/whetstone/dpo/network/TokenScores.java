package dev.whetstone.dpo.network;

/**
 * What the network says of each completion token, by completion (row after row, as given) and then
 * by token.
 *
 * @param logps log p(token | all before), natural logarithm
 * @param entropies of the distribution the token was drawn from, in nats
 * @param collisions log of the sum over the vocabulary of p squared
 * @param greedy whether the token was the most likely one
 */
public record TokenScores(
    float[][] logps, float[][] entropies, float[][] collisions, boolean[][] greedy) {}
