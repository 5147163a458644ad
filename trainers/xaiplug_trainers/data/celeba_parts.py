"""Which part of a face tells an attribute of CelebA (Table B.7 of the IG² paper)."""

__all__ = ["PARTS"]

PARTS = {
    "Arched_Eyebrows": "brows",
    "Bags_Under_Eyes": "eyes",
    "Bald": "hair",
    "Bangs": "hair",
    "Big_Lips": "lips",
    "Big_Nose": "nose",
    "Black_Hair": "hair",
    "Blond_Hair": "hair",
    "Brown_Hair": "hair",
    "Bushy_Eyebrows": "brows",
    "Eyeglasses": "eye_g",
    "Gray_Hair": "hair",
    "Mouth_Slightly_Open": "mouth",
    "Narrow_Eyes": "eyes",
    "Pale_Skin": "skin",
    "Pointy_Nose": "nose",
    "Receding_Hairline": "hair",
    "Sideburns": "hair",
    "Smiling": "mouth",
    "Straight_Hair": "hair",
    "Wavy_Hair": "hair",
    "Wearing_Earrings": "ear_r",
    "Wearing_Hat": "hat",
    "Wearing_Lipstick": "lips",
    "Wearing_Necklace": "neck_l",
    "Wearing_Necktie": "cloth",
}
"""Attribute -> component of CelebAMask-HQ; the fourteen others have none."""
