package dev.whetstone.dpo.loss;

/** A function's value at a point, and its derivative there. */
record ValueAndDerivative(double value, double slope) {}
