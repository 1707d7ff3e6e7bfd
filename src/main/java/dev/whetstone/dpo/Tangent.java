package dev.whetstone.dpo;

/** A function's value at a point, and its derivative there. */
record Tangent(double value, double slope) {}
