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
    ]
