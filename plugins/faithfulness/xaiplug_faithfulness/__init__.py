"""Faithfulness metrics: whether the model's score follows the attribution."""

from xaiplug import Paper, Spec, hookimpl

PETSIUK = Paper(
    "RISE: Randomized Input Sampling for Explanation of Black-box Models",
    "Petsiuk, Vitali and Das, Abir and Saenko, Kate",
    2018,
    venue="BMVC",
    url="https://arxiv.org/abs/1806.07421",
)
RONG = Paper(
    "A Consistent and Efficient Evaluation Strategy for Attribution Methods",
    "Rong, Yao and Leemann, Tobias and Borisov, Vadim and Kasneci, Gjergji and Kasneci, Enkelejda",
    2022,
    venue="ICML",
    url="https://arxiv.org/abs/2202.00449",
)
BHATT = Paper(
    "Evaluating and Aggregating Feature-based Model Explanations",
    "Bhatt, Umang and Weller, Adrian and Moura, José M. F.",
    2020,
    venue="IJCAI",
    url="https://arxiv.org/abs/2005.00631",
)

YEH = Paper(
    "On the (In)fidelity and Sensitivity of Explanations",
    "Yeh, Chih-Kuan and Hsieh, Cheng-Yu and Suggala, Arun Sai and Inouye, David I. and Ravikumar, Pradeep",
    2019,
    venue="NeurIPS",
    url="https://arxiv.org/abs/1901.09392",
)
ZHUO = Paper(
    "IG²: Integrated Gradient on Iterative Gradient Path for Feature Attribution",
    "Zhuo, Yue and Ge, Zhiqiang",
    2024,
    venue="IEEE TPAMI",
    doi="10.1109/TPAMI.2024.3388092",
    url="https://arxiv.org/abs/2406.10852",
)
KAPISHNIKOV = Paper(
    "XRAI: Better Attributions Through Regions",
    "Kapishnikov, Andrei and Bolukbasi, Tolga and Viégas, Fernanda and Terry, Michael",
    2019,
    venue="ICCV",
    url="https://arxiv.org/abs/1906.02825",
)
LIU = Paper(
    "Synthetic Benchmarks for Scientific Research in Explainable Machine Learning",
    "Liu, Yang and Khandagale, Sujay and White, Colin and Neiswanger, Willie",
    2021,
    venue="NeurIPS Datasets and Benchmarks",
    url="https://arxiv.org/abs/2106.12543",
)
SUMIYASU = Paper(
    "Identifying Important Group of Pixels using Interactions",
    "Sumiyasu, Kosuke and Kawamoto, Kazuhiko and Kera, Hiroshi",
    2024,
    venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    url="https://arxiv.org/abs/2401.03785",
)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "insertion",
            "xaiplug_faithfulness.curves:Insertion",
            "Area under the score as the strongest features come in; higher is better.",
            PETSIUK,
        ),
        Spec(
            "deletion",
            "xaiplug_faithfulness.curves:Deletion",
            "Area under the score as the strongest features go; lower is better.",
            PETSIUK,
        ),
        Spec(
            "first-correct",
            "xaiplug_faithfulness.first:FirstCorrect",
            "Units inserted until the explained class is predicted; lower is better.",
            SUMIYASU,
        ),
        Spec(
            "first-wrong",
            "xaiplug_faithfulness.first:FirstWrong",
            "Units deleted until the explained class is predicted no longer; lower is better.",
            SUMIYASU,
        ),
        Spec(
            "road",
            "xaiplug_faithfulness.road:Road",
            "Accuracy or score as units are removed and imputed from their neighbours.",
            RONG,
        ),
        Spec(
            "road-aopc",
            "xaiplug_faithfulness.road:RoadAopc",
            "Area over the ROAD curve of the explained class's probability; higher is better.",
            RONG,
        ),
        Spec(
            "faithfulness-correlation",
            "xaiplug_faithfulness.faithfulness_correlation:FaithfulnessCorrelation",
            "Correlation of attribution and drop of the score over random sets of features; higher is better.",
            BHATT,
        ),
        Spec(
            "mu-fidelity",
            "xaiplug_faithfulness.mu_fidelity:MuFidelity",
            "Correlation of attribution and drop of the score over random sets of cells; higher is better.",
            BHATT,
        ),
        Spec(
            "infidelity",
            "xaiplug_faithfulness.infidelity:Infidelity",
            "Squared error of the attribution as a linear model of the score under noise; lower is better.",
            YEH,
        ),
        Spec(
            "sic-add",
            "xaiplug_faithfulness.sic:SicAdd",
            "Area under the probability as the features of largest magnitude come in; higher is better.",
            ZHUO,
        ),
        Spec(
            "sic-del",
            "xaiplug_faithfulness.sic:SicDel",
            "Area under the probability as the features of largest magnitude go; lower is better.",
            ZHUO,
        ),
        Spec(
            "pic",
            "xaiplug_faithfulness.pic:Pic",
            "Area under the probability against the information in the image; higher is better.",
            KAPISHNIKOV,
        ),
        Spec(
            "xai-bench-faithfulness",
            "xaiplug_faithfulness.xai_bench:XaiBenchFaithfulness",
            "Rows: correlation of attribution and what each feature adds to the expected score; higher is better.",
            LIU,
        ),
        Spec(
            "xai-bench-monotonicity",
            "xaiplug_faithfulness.xai_bench:XaiBenchMonotonicity",
            "Rows: how often a feature of larger attribution changes the score more; higher is better.",
            LIU,
        ),
        Spec(
            "xai-bench-gt-shapley",
            "xaiplug_faithfulness.xai_bench:XaiBenchGtShapley",
            "Rows: correlation with the Shapley values of the expected score, all sets; higher is better.",
            LIU,
        ),
        Spec(
            "xai-bench-infidelity",
            "xaiplug_faithfulness.xai_bench:XaiBenchInfidelity",
            "Rows: squared error of the attribution as a linear model under a noisy baseline; lower is better.",
            LIU,
        ),
    ]
