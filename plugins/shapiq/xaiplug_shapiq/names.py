"""shapiq's approximators, the names under which they are offered, and what each does."""

from __future__ import annotations

NAMES = {
    "InconsistentKernelSHAPIQ": (
        "inconsistent-kernel-shap-iq",
        "interactions by regressions, one order after the other",
    ),
    "KernelSHAP": ("kernel-shap", "Shapley values by weighted least squares"),
    "KernelSHAPIQ": ("kernel-shap-iq", "Shapley interactions by weighted least squares"),
    "OwenSamplingSV": ("owen-sampling", "Shapley values along the multilinear extension"),
    "PermutationSamplingSII": ("permutation-sampling-sii", "Shapley interactions from random orders"),
    "PermutationSamplingSTII": ("permutation-sampling-stii", "Shapley-Taylor interactions from random orders"),
    "PermutationSamplingSV": ("permutation-sampling", "Shapley values from random orders"),
    "ProxySPEX": ("proxy-spex", "sparse interactions read off boosted trees"),
    "RegressionFBII": ("regression-fbii", "faithful Banzhaf interactions by regression"),
    "RegressionFSII": ("regression-fsii", "faithful Shapley interactions by regression"),
    "SHAPIQ": ("shap-iq", "any interaction index by sampling coalitions"),
    "SPEX": ("spex", "sparse interactions by a sparse Fourier transform"),
    "SVARM": ("svarm", "Shapley values by stratified sampling without marginal contributions"),
    "SVARMIQ": ("svarm-iq", "interactions by stratified sampling"),
    "StratifiedSamplingSV": ("stratified-sampling", "Shapley values from marginal contributions of each size"),
    "UnbiasedKernelSHAP": ("unbiased-kernel-shap", "Shapley values by an unbiased least squares"),
    "kADDSHAP": ("k-add-shap", "Shapley values of the nearest k-additive game"),
}
"""Class of shapiq -> the name after `shapiq-`, and what it gives."""
