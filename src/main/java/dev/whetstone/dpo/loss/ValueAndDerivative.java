package dev.whetstone.dpo.loss;

/** The value of a function at a point, and its derivative there. */
record ValueAndDerivative(double value, double derivative) {}
