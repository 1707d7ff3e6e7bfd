/**
 * What votes say: pairs handed to raters, agreement, counts, and Davidson-Bradley-Terry strengths.
 */
@NullMarked
package dev.whetstone.preference.rating;

import org.jspecify.annotations.NullMarked;
