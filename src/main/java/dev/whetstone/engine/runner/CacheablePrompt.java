package dev.whetstone.engine.runner;

import dev.whetstone.policy.Policy;

/**
 * A prompt as the prefix cache knows it.
 *
 * @param owner id of the API key whose prompt it is: its blocks are found by that key's prompts
 *     alone
 * @param commonTokens tokens at its start that are the chat template's own, whose blocks all share
 */
public record CacheablePrompt(Policy policy, String owner, int commonTokens, int[] tokens) {}
