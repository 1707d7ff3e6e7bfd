package dev.whetstone.engine;

/** A token and its log-prob (natural logarithm). */
public record TokenLogprob(int token, float logp) {}
